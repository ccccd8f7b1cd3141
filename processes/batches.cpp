// Batches: one batch of `batch_size` at a time, gather inside each.
//
// Processes: a child per item, and a barrier after each batch: the next one is
// forked when the last child of this one has been waited for.

#include "model.hpp"

namespace interleave::processes {

static void task(std::size_t i, Workload items, const Options& options,
                 Channel& parent) {
  Session session(options);
  parent.send(i, run_item(items[i], session));
}

Results batches(Workload items, const Options& options) {
  Results results(items.size());

  for (Workload batch : items.batches(options.batch_size)) {
    Group group(items, results, options);

    for (std::size_t i : batch.submission_order()) {
      group.spawn(i, [&](std::size_t own, Channel& up) {
        task(own, items, options, up);
      });
    }

    group.join();
  }

  return results;
}

}  // namespace interleave::processes
