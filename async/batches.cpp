// Batches: one batch of `batch_size` at a time, gather inside each.
//
// Coroutines: a coroutine per item, and a barrier after each batch: the slowest
// item decides when the next one starts. The session lives on, so the next
// batch finds the connections of the last one.

#include "model.hpp"

namespace interleave::async {

static Task<> task(std::size_t i, Workload items, Session& session,
                   Results& results) {
  results[i] = co_await run_item(items[i], session);
}

Task<Results> batches(Workload items, const Options& options) {
  Results results(items.size());
  Session session(options);

  for (Workload batch : items.batches(options.batch_size)) {
    Group group;

    for (std::size_t i : batch.submission_order()) {
      group.spawn(task(i, items, session, results));
    }

    co_await group.join();
  }

  co_return results;
}

}  // namespace interleave::async
