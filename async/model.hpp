// The coroutine model: tasks suspend instead of blocking, on one event loop,
// one thread.
#pragma once

#include <cstddef>
#include <utility>

#include "async/bounded_queue.hpp"
#include "async/compute_pool.hpp"
#include "async/group.hpp"
#include "async/loop.hpp"
#include "async/run_item.hpp"
#include "async/semaphore.hpp"
#include "async/session.hpp"
#include "async/task.hpp"
#include "common/item.hpp"
#include "common/options.hpp"
#include "common/result.hpp"

namespace interleave::async {

/// A downloaded item on its way to the processing stage.
using Body = std::pair<std::size_t, Download>;

Task<Results> one_by_one(Workload items, const Options& options);
Task<Results> gather(Workload items, const Options& options);
Task<Results> semaphore(Workload items, const Options& options);
Task<Results> queue(Workload items, const Options& options);
Task<Results> batches(Workload items, const Options& options);
Task<Results> pipeline(Workload items, const Options& options);
Task<Results> producers(Workload items, const Options& options);
Task<Results> adaptive(Workload items, const Options& options);

/// Enters the event loop, the only place that does, and leaves it when
/// `pattern` has returned. `pattern` takes what every pattern takes.
template <Task<Results> (*pattern)(Workload, const Options&)>
Results run(Workload items, const Options& options) {
  Loop loop;
  if (options.watch_lag) loop.watch_lag();
  return loop.run(pattern(items, options));
}

}  // namespace interleave::async
