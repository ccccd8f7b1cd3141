// Gather: start everything, wait for all.
//
// Coroutines: one coroutine and one connection per item, all on one thread. At
// each co_await a task suspends and the loop runs another. Nobody else touches
// the results meanwhile; processing does not overlap. No order is promised.

#include "model.hpp"

namespace interleave::async {

static Task<> task(std::size_t i, Workload items, Session& session,
                   Results& results) {
  results[i] = co_await run_item(items[i], session);
}

Task<Results> gather(Workload items, const Options& options) {
  Results results(items.size());
  Session session(options);
  Group group;

  for (std::size_t i : items.submission_order()) {
    group.spawn(task(i, items, session, results));
  }

  co_await group.join();
  co_return results;
}

}  // namespace interleave::async
