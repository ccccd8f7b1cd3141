// Gather: start everything, wait for all.
//
// Processes: one child process and one connection per item. Nothing is shared:
// a child reads its copy of the items, made by the fork, and sends its result
// back; the parent only listens. A child that dies takes one item with it.

#include "model.hpp"

namespace interleave::processes {

static void task(std::size_t i, Workload items, const Options& options,
                 Channel& parent) {
  Session session(options);
  parent.send(i, run_item(items[i], session));
}

Results gather(Workload items, const Options& options) {
  Results results(items.size());
  Group group(items, results, options);

  for (std::size_t i : items.submission_order()) {
    group.spawn(i, [&](std::size_t own, Channel& up) {
      task(own, items, options, up);
    });
  }

  group.join();
  return results;
}

}  // namespace interleave::processes
