// What most items had, and what the unluckiest had.
#pragma once

#include <vector>

#include "common/trace.hpp"

namespace interleave {

/// Of some times: that which half, and 99 of a hundred, do not exceed, and the
/// longest. Each is one of the times (nearest rank), so below a hundred of
/// them p99 is the longest. All zero where there is none.
struct Percentiles {
  Clock::duration p50{}, p99{}, max{};

  bool operator==(const Percentiles&) const = default;
};

Percentiles percentiles_of(std::vector<Clock::duration> times);

/// From queued to started, of every item that started.
Percentiles queue_wait(const Trace& trace);

/// From started to finished, of every item that started: download, what it
/// waited between two stages, processing.
Percentiles latency(const Trace& trace);

}  // namespace interleave
