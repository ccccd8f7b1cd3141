// Producers: `producers` tasks hand items in, `limit` workers take them out.
//
// Threads: a producer blocks for an item's delay, then on a full queue; workers
// block on the queue, then on their transfers. One queue takes from all: whose
// item comes first is the scheduler's choice. When all are through, it closes.

#include "model.hpp"

namespace interleave::threads {

static void produce(std::size_t first, Workload items, const Options& options,
                    BoundedQueue<std::size_t>& inbox) {
  for (std::size_t i : items.share(first, options.producers)) {
    pause_before(items[i], options);
    inbox.push(items.stamp_queued(i));
  }
}

static void work(BoundedQueue<std::size_t>& inbox, Workload items,
                 const Options& options, Results& results) {
  Session session(options);
  while (auto i = inbox.pop()) {
    results[*i] = run_item(items[*i], session);
  }
}

Results producers(Workload items, const Options& options) {
  Results results(items.size());
  BoundedQueue<std::size_t> inbox(options.queue_capacity);
  Group workers, producers;

  workers.spawn(options.limit, work, inbox, items, options, results);
  for (unsigned first = 0; first < options.producers; ++first) {
    producers.spawn([&, first] { produce(first, items, options, inbox); });
  }

  producers.join();
  inbox.close();
  workers.join();
  return results;
}

}  // namespace interleave::threads
