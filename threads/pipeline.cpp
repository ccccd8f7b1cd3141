// Pipeline: downloading and processing are stages joined by a bounded queue.
//
// Threads: `limit` threads block on transfers, one thread per core computes.
// A full queue of bodies blocks the downloaders, so memory stays bounded. An
// item is touched by two threads, one after the other.

#include "model.hpp"

namespace interleave::threads {

static void fetch(BoundedQueue<std::size_t>& inbox, Workload items,
                  const Options& options, BoundedQueue<Body>& bodies) {
  Session session(options);
  while (auto i = inbox.pop()) {
    Body body(*i, download(items[*i], session));
    bodies.push(std::move(body));
  }
}

static void compute(BoundedQueue<Body>& bodies, Workload items,
                    const Options& options, Results& results) {
  Session session(options);
  while (auto body = bodies.pop()) {
    auto& [i, download] = *body;
    results[i] = process(items[i], std::move(download), session);
  }
}

Results pipeline(Workload items, const Options& options) {
  Results results(items.size());
  BoundedQueue<std::size_t> inbox(options.queue_capacity);
  BoundedQueue<Body> bodies(options.queue_capacity);
  Group processors, downloaders;

  processors.spawn(options.cores, compute, bodies, items, options, results);
  downloaders.spawn(options.limit, fetch, inbox, items, options, bodies);

  for (std::size_t i : items.submission_order()) inbox.push(i);
  inbox.close();

  downloaders.join();
  bodies.close();
  processors.join();
  return results;
}

}  // namespace interleave::threads
