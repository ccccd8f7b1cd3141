// The random waits of `chain`, in the order in which they are drawn.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

namespace interleave::experiments {

/// What one chain waits for, in seconds: before its first and its second link.
struct ChainWaits {
  std::int64_t first = 0, second = 0;

  bool operator==(const ChainWaits&) const = default;
};

/// Chains that start together, each drawing a wait when it begins one. Those
/// that end a wait at the same moment go on in the order in which they began
/// it, as timers of an event loop do.
std::vector<ChainWaits> draw_waits(std::size_t chains,
                                   const std::function<std::int64_t()>& draw);

}  // namespace interleave::experiments
