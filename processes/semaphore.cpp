// Semaphore: start items as permits allow; at most `limit` are in flight.
//
// Processes: the parent waits until a permit is free, then forks a child for
// the item. The permit comes back when the child has ended, however it ended,
// so the count is the parent's. Each item pays for a fork and a connection.

#include "processes/model.hpp"

namespace interleave::processes {

Results semaphore(Workload items, const Options& options) {
  Results results(items.size());
  Group group(results);
  Permits permits(options.limit, group);

  for (std::size_t i : items.submission_order()) {
    permits.acquire();
    const Task task = [&, i](Channel& parent) {
      Session session(options);
      parent.send(i, run_item(items[i], session));
    };
    group.spawn(i, task, [&] { permits.release(); });
  }

  group.join();
  return results;
}

}  // namespace interleave::processes
