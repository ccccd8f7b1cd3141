// Queue: a fixed crew of `limit` workers is fed by a bounded queue.
//
// Threads: a worker blocks on its transfer, then on the queue; the loop blocks
// while the queue is full. Each worker keeps one connection for all its items.
// Items are taken in submission order; in which they finish is not promised.

#include "model.hpp"

namespace interleave::threads {

static void work(BoundedQueue<std::size_t>& inbox, Workload items,
                 const Options& options, Results& results) {
  Session session(options);
  while (auto i = inbox.pop()) {
    results[*i] = run_item(items[*i], session);
  }
}

Results queue(Workload items, const Options& options) {
  Results results(items.size());
  BoundedQueue<std::size_t> inbox(options.queue_capacity);
  Group workers;

  workers.spawn(options.limit, work, inbox, items, options, results);

  for (std::size_t i : items.submission_order()) inbox.push(i);
  inbox.close();

  workers.join();
  return results;
}

}  // namespace interleave::threads
