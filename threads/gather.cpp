// Gather: start everything, wait for all.
//
// Threads: one thread and one connection per item. The system's scheduler
// interleaves them; each blocks on its own transfer. What they share is the
// results, of which each writes its own slot. No order is promised.

#include "threads/model.hpp"

namespace interleave::threads {

Results gather(Workload items, const Options& options) {
  Results results(items.size());
  Group group;

  for (std::size_t i : items.submission_order()) {
    group.spawn([&, i] {
      Session session(options);
      results[i] = run_item(items[i], session);
    });
  }

  group.join();
  return results;
}

}  // namespace interleave::threads
