// Pipeline: downloading and processing are stages joined by a bounded queue.
//
// Processes: `limit` children download, one per core computes. A body crosses
// twice, from a downloader to the parent's queue and on to a processor, and is
// copied each time: what threads hand over for nothing has a price here.

#include "model.hpp"

namespace interleave::processes {

static void fetch(Channel& parent, Workload items, const Options& options) {
  Session session(options);
  while (auto job = parent.receive()) {
    parent.send(job->i, download(items[job->i], session));
  }
}

static void compute(Channel& parent, Workload items, const Options& options) {
  Session session(options);
  while (auto body = parent.receive()) {
    auto& [i, download] = *body;
    parent.send(i, process(items[i], std::move(download), session));
  }
}

Results pipeline(Workload items, const Options& options) {
  Results results(items.size());
  Group workers(items, results, options);
  BoundedQueue inbox(options.queue_capacity, workers);
  BoundedQueue bodies(options.queue_capacity, workers);

  workers.spawn(options.cores, bodies,
                [&](Channel& parent) { compute(parent, items, options); });
  workers.spawn(options.limit, inbox, bodies,
                [&](Channel& parent) { fetch(parent, items, options); });

  for (std::size_t i : items.submission_order()) inbox.push(i);
  inbox.close();

  workers.join();
  return results;
}

}  // namespace interleave::processes
