// Adaptive: a semaphore whose limit follows what the server shows.
//
// Threads: the loop blocks until a permit is free, then starts a thread for
// the item; the thread gives the permit back. At most `limit_max` threads
// work at once, but each item pays for a thread and a connection of its own.

#include "model.hpp"

namespace interleave::threads {

static void task(std::size_t i, Workload items, const Options& options,
                 AdaptiveSemaphore& permits, Results& results) {
  Session session(options);
  results[i] = run_item(items[i], session);
  permits.release(results[i]);
}

Results adaptive(Workload items, const Options& options) {
  Results results(items.size());
  AdaptiveSemaphore permits(options);
  Group group;

  for (std::size_t i : items.submission_order()) {
    permits.acquire();
    group.spawn([&, i] { task(i, items, options, permits, results); });
  }

  group.join();
  return results;
}

}  // namespace interleave::threads
