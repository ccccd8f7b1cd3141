// One by one: the next item starts when the last one finished.
//
// Sequential: the loop itself waits, holding the only thread. Nothing is
// shared, nothing overlaps, and one slow item delays all that follow.

#include "model.hpp"

namespace interleave::sequential {

Results one_by_one(Workload items, const Options& options) {
  Results results(items.size());
  Session session(options);

  for (std::size_t i : items.submission_order()) {
    results[i] = run_item(items[i], session);
  }

  return results;
}

}  // namespace interleave::sequential
