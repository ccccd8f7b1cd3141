// Adaptive: a semaphore whose limit follows what the server shows.
//
// Coroutines: the loop suspends until a permit is free, then starts a coroutine
// for the item; the coroutine gives the permit back. All share one session, so
// as many connections serve every item as the limit ever reached.

#include "model.hpp"

namespace interleave::async {

static Task<> task(std::size_t i, Workload items, Session& session,
                   AdaptiveSemaphore& permits, Results& results) {
  results[i] = co_await run_item(items[i], session);
  permits.release(results[i]);
}

Task<Results> adaptive(Workload items, const Options& options) {
  Results results(items.size());
  Session session(options);
  AdaptiveSemaphore permits(options);
  Group group;

  for (std::size_t i : items.submission_order()) {
    co_await permits.acquire();
    group.spawn(task(i, items, session, permits, results));
  }

  co_await group.join();
  co_return results;
}

}  // namespace interleave::async
