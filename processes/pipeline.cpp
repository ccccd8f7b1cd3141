// Pipeline: downloading and processing are stages joined by a bounded queue.
//
// Processes: `limit` children download, one per core computes. A body crosses
// twice, from a downloader to the parent's queue and on to a processor, and is
// copied each time: what threads hand over for nothing has a price here.

#include <utility>

#include "processes/model.hpp"

namespace interleave::processes {

Results pipeline(Workload items, const Options& options) {
  Results results(items.size());
  Group workers(results);
  BoundedQueue inbox(options.queue_capacity, workers);
  BoundedQueue bodies(options.queue_capacity, workers);

  workers.spawn(options.limit, inbox, bodies, [&](Channel& parent) {
    Session session(options);
    while (auto job = parent.receive()) {
      parent.send(job->i, download(items[job->i], session));
    }
  });

  workers.spawn(options.cores, bodies, [&](Channel& parent) {
    while (auto body = parent.receive()) {
      auto& [i, download] = *body;
      parent.send(i, process(items[i], std::move(download), options));
    }
  });

  for (std::size_t i : items.submission_order()) inbox.push(i);
  inbox.close();

  workers.join();
  return results;
}

}  // namespace interleave::processes
