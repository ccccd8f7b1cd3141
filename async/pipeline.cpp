// Pipeline: downloading and processing are stages joined by a bounded queue.
//
// Coroutines: `limit` coroutines download on the loop; processing would hold it
// up, so a pool with a thread per core computes while a coroutine awaits it.
// The one pattern of this model that uses more than one core.

#include <boost/asio/thread_pool.hpp>
#include <utility>

#include "async/model.hpp"

namespace interleave::async {

using Body = std::pair<std::size_t, Download>;

static Task<> fetch(BoundedQueue<std::size_t>& inbox, Workload items,
                    Session& session, BoundedQueue<Body>& bodies) {
  while (auto i = co_await inbox.pop()) {
    Body body(*i, co_await download(items[*i], session));
    co_await bodies.push(std::move(body));
  }
}

static Task<> compute(BoundedQueue<Body>& bodies, Workload items,
                      asio::thread_pool& pool, const Options& options,
                      Results& results) {
  while (auto body = co_await bodies.pop()) {
    auto& [i, download] = *body;
    results[i] =
        co_await process_on(pool, items[i], std::move(download), options);
  }
}

Task<Results> pipeline(Workload items, const Options& options) {
  Results results(items.size());
  asio::thread_pool pool(options.cores);
  Session session(co_await this_executor, options);
  BoundedQueue<std::size_t> inbox(co_await this_executor,
                                  options.queue_capacity);
  BoundedQueue<Body> bodies(co_await this_executor, options.queue_capacity);
  Group downloaders(co_await this_executor);
  Group processors(co_await this_executor);

  for (unsigned worker = 0; worker < options.limit; ++worker) {
    downloaders.spawn(fetch(inbox, items, session, bodies));
  }

  for (unsigned worker = 0; worker < options.cores; ++worker) {
    processors.spawn(compute(bodies, items, pool, options, results));
  }

  for (std::size_t i : items.submission_order()) co_await inbox.push(i);
  co_await inbox.close();

  co_await downloaders.join();
  co_await bodies.close();
  co_await processors.join();
  co_return results;
}

}  // namespace interleave::async
