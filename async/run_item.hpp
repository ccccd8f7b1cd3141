// The job itself, awaited: it suspends where the other models block.
#pragma once

#include <boost/asio/thread_pool.hpp>

#include "async/session.hpp"
#include "async/task.hpp"
#include "common/item.hpp"
#include "common/options.hpp"
#include "common/result.hpp"

namespace interleave::async {

/// As interleave::download, suspending until the bytes are here.
Task<Download> download(const Item& item, Session& session);

/// Downloads, then processes on the loop: nothing else runs meanwhile.
Task<Result> run_item(const Item& item, Session& session);

/// As interleave::process, on a thread of `pool`; suspends until it is done.
Task<Result> process_on(asio::thread_pool& pool, const Item& item,
                        Download download, const Options& options);

}  // namespace interleave::async
