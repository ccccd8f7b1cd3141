// The job itself, awaited: it suspends where the other models block.
#pragma once

#include "async/session.hpp"
#include "async/task.hpp"
#include "common/item.hpp"
#include "common/result.hpp"

namespace interleave::async {

/// As interleave::download, suspending until the bytes are here.
Task<Download> download(const Item& item, Session& session);

/// As interleave::pause_before, suspending.
Task<> pause_before(const Item& item, const Options& options);

/// Makes the item's second request, suspending until it is answered; what
/// goes wrong fails `result`.
Task<> send(const Item& item, Result& result, Session& session);

/// Downloads, then processes on the loop: nothing else runs meanwhile. Then
/// makes the second request, if the item has one.
Task<Result> run_item(const Item& item, Session& session);

/// The result of an item for whose processing there is no memory.
Task<Result> failed_item(const Options& options);

}  // namespace interleave::async
