// Queue: a fixed crew of `limit` workers is fed by a bounded queue.
//
// Processes: each worker blocks on its transfer, then on its channel. The queue
// is the parent's, which hands an item to whoever is idle and listens while
// the queue is full. A worker keeps one connection, opened after its fork.

#include "model.hpp"

namespace interleave::processes {

static void work(Channel& parent, Workload items, const Options& options) {
  Session session(options);
  while (auto job = parent.receive()) {
    parent.send(job->i, run_item(items[job->i], session));
  }
}

Results queue(Workload items, const Options& options) {
  Results results(items.size());
  Group workers(items, results, options);
  BoundedQueue inbox(options.queue_capacity, workers);

  workers.spawn(options.limit, inbox,
                [&](Channel& parent) { work(parent, items, options); });

  for (std::size_t i : items.submission_order()) inbox.push(i);
  inbox.close();

  workers.join();
  return results;
}

}  // namespace interleave::processes
