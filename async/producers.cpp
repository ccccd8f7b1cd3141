// Producers: `producers` tasks hand items in, `limit` workers take them out.
//
// Coroutines: a producer suspends for an item's delay, then on a full queue;
// workers suspend for the queue, then for their transfers. All of them take
// turns on one thread. When all producers are through, the queue closes.

#include "model.hpp"

namespace interleave::async {

static Task<> produce(std::size_t first, Workload items, const Options& options,
                      BoundedQueue<std::size_t>& inbox) {
  for (std::size_t i : items.share(first, options.producers)) {
    co_await pause_before(items[i], options);
    co_await inbox.push(items.stamp_queued(i));
  }
}

static Task<> work(BoundedQueue<std::size_t>& inbox, Workload items,
                   Session& session, Results& results) {
  while (auto i = co_await inbox.pop()) {
    results[*i] = co_await run_item(items[*i], session);
  }
}

Task<Results> producers(Workload items, const Options& options) {
  Results results(items.size());
  Session session(options);
  BoundedQueue<std::size_t> inbox(options.queue_capacity);
  Group workers, producers;

  workers.spawn(options.limit, work, inbox, items, session, results);
  for (unsigned first = 0; first < options.producers; ++first) {
    producers.spawn(produce(first, items, options, inbox));
  }

  co_await producers.join();
  co_await inbox.close();
  co_await workers.join();
  co_return results;
}

}  // namespace interleave::async
