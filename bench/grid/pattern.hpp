// The concurrency patterns, and all that the harness has to know of each.
#pragma once

#include <span>
#include <string_view>

namespace interleave {

/// What bounds the items in flight in a pattern.
enum class ConcurrencyCap {
  one,         ///< one at a time
  all,         ///< nothing: every item at once
  limit,       ///< Options::limit
  limit_max,   ///< a limit that moves, from Pace::start to Options::limit_max
  batch_size,  ///< Options::batch_size, with a barrier after each batch
  stages,      ///< Options::limit downloads; processing beside them
};

/// What an item takes of a model's Primitives, beside the transfer itself.
struct PrimitiveUse {
  int starts = 0, hand_overs = 0, permits = 0;
};

struct Pattern {
  std::string_view name;
  std::string_view promise;  ///< the concept line, as in the sources
  ConcurrencyCap width;
  PrimitiveUse uses{};
  /// Options::producers tasks hand items in, after their delays (Item::delay).
  bool paced = false;

  /// Whether Options::limit or Options::batch_size means anything to it.
  bool heeds_limit() const {
    return width != ConcurrencyCap::one && width != ConcurrencyCap::all &&
           width != ConcurrencyCap::limit_max;
  }
};

/// Every pattern, in the order of the grid.
std::span<const Pattern> patterns();

/// Those that something else than the grid is about.
namespace grid {
extern const Pattern& one_by_one;
extern const Pattern& gather;
extern const Pattern& semaphore;
extern const Pattern& queue;
extern const Pattern& batches;
extern const Pattern& pipeline;
extern const Pattern& producers;
extern const Pattern& adaptive;
}  // namespace grid

}  // namespace interleave
