// One by one: the next item starts when the last one finished.
//
// Coroutines: asynchronous in name only. Each item is awaited before the next
// one is started, so the loop has nothing else to run while it waits: the
// classic mistake, as slow as the sequential loop.

#include "model.hpp"

namespace interleave::async {

Task<Results> one_by_one(Workload items, const Options& options) {
  Results results(items.size());
  Session session(options);

  for (std::size_t i : items.submission_order()) {
    results[i] = co_await run_item(items[i], session);
  }

  co_return results;
}

}  // namespace interleave::async
