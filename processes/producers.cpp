// Producers: `producers` tasks hand items in, `limit` workers take them out.
//
// Processes: producers and workers are children. A producer blocks for an
// item's delay, then until the parent's queue has taken it, and sends the
// moment along: the parent cannot see a child's memory. The queue closes by
// itself.

#include "model.hpp"

namespace interleave::processes {

static void produce(std::size_t first, Workload items, const Options& options,
                    Channel& parent) {
  for (std::size_t i : items.share(first, options.producers)) {
    pause_before(items[i], options);
    parent.push(i);
  }
}

static void work(Channel& parent, Workload items, const Options& options) {
  Session session(options);
  while (auto job = parent.receive()) {
    parent.send(job->i, run_item(items[job->i], session));
  }
}

Results producers(Workload items, const Options& options) {
  Results results(items.size());
  Group group(items, results, options);
  BoundedQueue inbox(options.queue_capacity, group);

  group.spawn(options.limit, inbox,
              [&](Channel& parent) { work(parent, items, options); });
  group.spawn_producers(options.producers, inbox,
                        [&](std::size_t first, Channel& parent) {
                          produce(first, items, options, parent);
                        });

  group.join();
  return results;
}

}  // namespace interleave::processes
