// Adaptive: a semaphore whose limit follows what the server shows.
//
// oneTBB: the loop blocks until a permit is free, then hands a task to one of
// `limit_max` worker threads, which go from task to task. The thread is reused;
// the session belongs to the task, so the connection is not.

#include "model.hpp"

namespace interleave::onetbb {

static void task(std::size_t i, Workload items, const Options& options,
                 AdaptiveSemaphore& permits, Results& results) {
  Session session(options);
  results[i] = run_item(items[i], session);
  permits.release(results[i]);
}

Results adaptive(Workload items, const Options& options) {
  Results results(items.size());
  AdaptiveSemaphore permits(options);
  Group group(options.limit_max);

  for (std::size_t i : items.submission_order()) {
    permits.acquire();
    group.spawn([&, i] { task(i, items, options, permits, results); });
  }

  group.join();
  return results;
}

}  // namespace interleave::onetbb
