// Adaptive: a semaphore whose limit follows what the server shows.
//
// Processes: the parent waits until a permit is free, then forks a child for
// the item. The permit comes back with the result, or with the news of a death:
// the parent counts. Each item pays for a process and a connection of its own.

#include "model.hpp"

namespace interleave::processes {

static void task(std::size_t i, Workload items, const Options& options,
                 Channel& parent) {
  Session session(options);
  parent.send(i, run_item(items[i], session));
}

Results adaptive(Workload items, const Options& options) {
  Results results(items.size());
  Group group(items, results, options);
  AdaptiveSemaphore permits(options, group);

  for (std::size_t i : items.submission_order()) {
    permits.acquire();
    group.spawn(
        i, [&](std::size_t own, Channel& up) { task(own, items, options, up); },
        [&, i] { permits.release(results[i]); });
  }

  group.join();
  return results;
}

}  // namespace interleave::processes
