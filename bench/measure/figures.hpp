// The figures of a run: all that reports say of it, read off once.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "bench/measure/measure.hpp"

namespace interleave {

/// What went wrong with one item.
struct ItemError {
  std::size_t item = 0;  ///< from 0
  Error error;
};

/// One change of a limit that moves, as reports show it.
struct LimitChange {
  std::chrono::nanoseconds at{};  ///< since the run began
  unsigned limit = 0;
  double speed = 0;  ///< see LimitStep
};

/// A run takes memory for each of its items; its figures do not. So they are
/// what is kept of it: runs that come later are forked from a parent that is
/// no larger, and their memory is that of the first.
struct Figures : RunFacts {
  std::size_t items = 0;
  Clock::duration wall{}, makespan{}, overhead{};
  std::size_t peak_in_flight = 0;  ///< as the trace says
  std::size_t peak_held = 0;
  Tally tally;
  Percentiles queue_wait, latency;  ///< of the items
  /// Downloads in flight, averaged over the wall time.
  double mean_in_flight = 0;
  std::uint64_t overtakes = 0;
  std::uint64_t bytes = 0;   ///< of the items that completed
  std::uint64_t digest = 0;  ///< combined_digest()

  /// The first `listed_errors`, in submission order; `error_count` says how
  /// many items failed or were lost.
  static constexpr std::size_t listed_errors = 20;
  std::vector<ItemError> errors;
  std::size_t error_count = 0;

  std::vector<LimitChange> limits;  ///< at most LimitLog::most
};

Figures figures_of(const Run& run);

}  // namespace interleave
