// The coroutine model: tasks suspend instead of blocking, on one event loop,
// one thread.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <exception>
#include <utility>

#include "async/bounded_queue.hpp"
#include "async/group.hpp"
#include "async/run_item.hpp"
#include "async/semaphore.hpp"
#include "async/session.hpp"
#include "async/task.hpp"
#include "common/item.hpp"
#include "common/options.hpp"
#include "common/result.hpp"

namespace interleave::async {

Task<Results> one_by_one(Workload items, const Options& options);
Task<Results> gather(Workload items, const Options& options);
Task<Results> semaphore(Workload items, const Options& options);
Task<Results> queue(Workload items, const Options& options);
Task<Results> batches(Workload items, const Options& options);
Task<Results> pipeline(Workload items, const Options& options);

/// Enters the event loop, the only place that does, and leaves it when
/// `pattern` has returned. `pattern` takes what every pattern takes.
template <Task<Results> (*pattern)(Workload, const Options&)>
Results run(Workload items, const Options& options) {
  asio::io_context loop(1);
  auto open = asio::make_work_guard(loop);
  Results results;
  std::exception_ptr error;

  asio::co_spawn(loop, pattern(items, options),
                 [&](std::exception_ptr thrown, Results returned) {
                   error = thrown;
                   results = std::move(returned);
                   open.reset();
                 });
  loop.run();

  if (error) std::rethrow_exception(error);
  return results;
}

}  // namespace interleave::async
