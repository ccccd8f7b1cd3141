// Queue: a fixed crew of `limit` workers is fed by a bounded queue.
//
// Coroutines: a worker suspends for its transfer, then for the queue; the loop
// suspends while the queue is full. All of it is one thread taking turns, so
// the queue needs no lock. The session is shared, not one per worker.

#include "model.hpp"

namespace interleave::async {

static Task<> work(BoundedQueue<std::size_t>& inbox, Workload items,
                   Session& session, Results& results) {
  while (auto i = co_await inbox.pop()) {
    results[*i] = co_await run_item(items[*i], session);
  }
}

Task<Results> queue(Workload items, const Options& options) {
  Results results(items.size());
  Session session(options);
  BoundedQueue<std::size_t> inbox(options.queue_capacity);
  Group workers;

  workers.spawn(options.limit, work, inbox, items, session, results);

  for (std::size_t i : items.submission_order()) co_await inbox.push(i);
  co_await inbox.close();

  co_await workers.join();
  co_return results;
}

}  // namespace interleave::async
