// Gather: start everything, wait for all.
//
// Threads: one thread and one connection per item. The system's scheduler
// interleaves them; each blocks on its own transfer. What they share is the
// results, of which each writes its own slot. No order is promised.

#include "model.hpp"

namespace interleave::threads {

static void task(std::size_t i, Workload items, const Options& options,
                 Results& results) {
  Session session(options);
  results[i] = run_item(items[i], session);
}

Results gather(Workload items, const Options& options) {
  Results results(items.size());
  Group group;

  for (std::size_t i : items.submission_order()) {
    group.spawn([&, i] { task(i, items, options, results); });
  }

  group.join();
  return results;
}

}  // namespace interleave::threads
