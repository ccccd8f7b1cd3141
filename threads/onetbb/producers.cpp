// Producers: `producers` tasks hand items in, `limit` workers take them out.
//
// oneTBB: producers and workers are long tasks, each on a thread of one arena:
// a second one would not get threads of its own. A latch says when all
// producers are through; an end marker per worker then says it to the crew.

#include "model.hpp"

namespace interleave::onetbb {

static void produce(std::size_t first, Workload items, const Options& options,
                    BoundedQueue<std::size_t>& inbox, std::latch& producing) {
  for (std::size_t i : items.share(first, options.producers)) {
    pause_before(items[i], options);
    inbox.push(items.stamp_queued(i));
  }
  producing.count_down();
}

static void work(BoundedQueue<std::size_t>& inbox, Workload items,
                 const Options& options, Results& results) {
  Session session(options);
  std::size_t i = 0;
  for (inbox.pop(i); i < results.size(); inbox.pop(i)) {
    results[i] = run_item(items[i], session);
  }
}

Results producers(Workload items, const Options& options) {
  Results results(items.size());
  BoundedQueue<std::size_t> inbox(options.queue_capacity);
  std::latch producing(options.producers);
  Group group(options.limit + options.producers);

  for (unsigned worker = 0; worker < options.limit; ++worker) {
    group.spawn([&] { work(inbox, items, options, results); });
  }
  for (unsigned first = 0; first < options.producers; ++first) {
    group.spawn(
        [&, first] { produce(first, items, options, inbox, producing); });
  }

  producing.wait();
  for (unsigned worker = 0; worker < options.limit; ++worker) {
    inbox.push(results.size());
  }

  group.join();
  return results;
}

}  // namespace interleave::onetbb
