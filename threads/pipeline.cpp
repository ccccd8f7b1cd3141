// Pipeline: downloading and processing are stages joined by a bounded queue.
//
// Threads: `limit` threads block on transfers, one thread per core computes.
// A full queue of bodies blocks the downloaders, so memory stays bounded. An
// item is touched by two threads, one after the other.

#include <utility>

#include "threads/model.hpp"

namespace interleave::threads {

using Body = std::pair<std::size_t, Download>;

Results pipeline(Workload items, const Options& options) {
  Results results(items.size());
  BoundedQueue<std::size_t> inbox(options.queue_capacity);
  BoundedQueue<Body> bodies(options.queue_capacity);
  Group downloaders(inbox), processors(bodies);

  downloaders.spawn(options.limit, [&] {
    Session session(options);
    while (auto i = inbox.pop()) {
      bodies.push({*i, download(items[*i], session)});
    }
  });

  processors.spawn(options.cores, [&] {
    while (auto body = bodies.pop()) {
      auto& [i, download] = *body;
      results[i] = process(items[i], std::move(download), options);
    }
  });

  for (std::size_t i : items.submission_order()) inbox.push(i);
  inbox.close();

  downloaders.join();
  bodies.close();
  processors.join();
  return results;
}

}  // namespace interleave::threads
