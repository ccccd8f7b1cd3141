// Pipeline: downloading and processing are stages joined by a bounded queue.
//
// Coroutines: `limit` coroutines download on the loop; a pool with a thread per
// core computes while another coroutine awaits it, so the loop is not held up.

#include "model.hpp"

namespace interleave::async {

static Task<> fetch(BoundedQueue<std::size_t>& inbox, Workload items,
                    Session& session, BoundedQueue<Body>& bodies) {
  while (auto i = co_await inbox.pop()) {
    Body body(*i, co_await download(items[*i], session));
    co_await bodies.push(std::move(body));
  }
}

static Task<> compute(BoundedQueue<Body>& bodies, Workload items,
                      ComputePool& cores, Results& results) {
  while (auto body = co_await bodies.pop()) {
    auto& [i, download] = *body;
    results[i] = co_await cores.process(items[i], std::move(download));
  }
}

Task<Results> pipeline(Workload items, const Options& options) {
  Results results(items.size());
  Session session(options);
  ComputePool cores(session);
  BoundedQueue<std::size_t> inbox(options.queue_capacity);
  BoundedQueue<Body> bodies(options.queue_capacity);
  Group processors, downloaders;

  processors.spawn(options.cores, compute, bodies, items, cores, results);
  downloaders.spawn(options.limit, fetch, inbox, items, session, bodies);

  for (std::size_t i : items.submission_order()) co_await inbox.push(i);
  co_await inbox.close();

  co_await downloaders.join();
  co_await bodies.close();
  co_await processors.join();
  co_return results;
}

}  // namespace interleave::async
