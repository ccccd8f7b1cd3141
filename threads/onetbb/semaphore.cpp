// Semaphore: start items as permits allow; at most `limit` are in flight.
//
// oneTBB: the loop blocks until a permit is free, then hands a task to one of
// `limit` worker threads, which go from task to task. The thread is reused;
// the session belongs to the task, so the connection is not.

#include <semaphore>

#include "threads/onetbb/model.hpp"

namespace interleave::onetbb {

Results semaphore(Workload items, const Options& options) {
  Results results(items.size());
  std::counting_semaphore<> permits(options.limit);
  Group group(options.limit);

  for (std::size_t i : items.submission_order()) {
    permits.acquire();
    group.spawn([&, i] {
      Session session(options);
      results[i] = run_item(items[i], session);
      permits.release();
    });
  }

  group.join();
  return results;
}

}  // namespace interleave::onetbb
