// Gather: start everything, wait for all.
//
// oneTBB: a task per item. A task that blocks keeps its worker thread, so the
// library is told to allow a thread per item, against its habit of one per
// core. The threads outlive the call, ready for the next one.

#include "model.hpp"

namespace interleave::onetbb {

static void task(std::size_t i, Workload items, const Options& options,
                 Results& results) {
  Session session(options);
  results[i] = run_item(items[i], session);
}

Results gather(Workload items, const Options& options) {
  Results results(items.size());
  Group group(items.size());

  for (std::size_t i : items.submission_order()) {
    group.spawn([&, i] { task(i, items, options, results); });
  }

  group.join();
  return results;
}

}  // namespace interleave::onetbb
