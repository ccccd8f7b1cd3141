// Queue: a fixed crew of `limit` workers is fed by a bounded queue.
//
// oneTBB: each worker is one long task on a thread of the arena; the queue is
// the library's own concurrent_bounded_queue. It has no close, so one end
// marker per worker, an index past the last, says that nothing more comes.

#include "model.hpp"

namespace interleave::onetbb {

static void work(BoundedQueue<std::size_t>& inbox, Workload items,
                 const Options& options, Results& results) {
  Session session(options);
  std::size_t i = 0;
  for (inbox.pop(i); i < results.size(); inbox.pop(i)) {
    results[i] = run_item(items[i], session);
  }
}

Results queue(Workload items, const Options& options) {
  Results results(items.size());
  BoundedQueue<std::size_t> inbox(options.queue_capacity);
  Group workers(options.limit);

  for (unsigned worker = 0; worker < options.limit; ++worker) {
    workers.spawn([&] { work(inbox, items, options, results); });
  }

  for (std::size_t i : items.submission_order()) inbox.push(i);
  for (unsigned worker = 0; worker < options.limit; ++worker) {
    inbox.push(results.size());
  }

  workers.join();
  return results;
}

}  // namespace interleave::onetbb
