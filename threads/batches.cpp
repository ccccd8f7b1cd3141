// Batches: one batch of `batch_size` at a time, gather inside each.
//
// Threads: a thread per item, and a barrier after each batch: its slowest item
// decides when the next one starts, while the other threads are already gone.

#include "model.hpp"

namespace interleave::threads {

static void task(std::size_t i, Workload items, const Options& options,
                 Results& results) {
  Session session(options);
  results[i] = run_item(items[i], session);
}

Results batches(Workload items, const Options& options) {
  Results results(items.size());

  for (Workload batch : items.batches(options.batch_size)) {
    Group group;

    for (std::size_t i : batch.submission_order()) {
      group.spawn([&, i] { task(i, items, options, results); });
    }

    group.join();
  }

  return results;
}

}  // namespace interleave::threads
