// What other programs took of the machine while something was measured.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/item.hpp"
#include "common/usage.hpp"

namespace interleave {

/// From this share on, of all cores, times are the others' as well.
inline constexpr double busy_share = 0.1;

/// Begins when it is made.
class BackgroundLoad {
 public:
  BackgroundLoad();

  /// The share of all cores' time since then that neither this process and the
  /// children it waited for nor `others_of_ours` took: 0 to 1. Interrupts count
  /// for nobody. Nothing where the system does not say, or when less than half
  /// a second has passed: it counts in ticks.
  std::optional<double> share(std::chrono::nanoseconds others_of_ours) const;

 private:
  Clock::time_point began_;
  CpuTime own_;
  std::optional<std::uint64_t> ticks_;
};

/// User, nice, system and stolen time of all cores in the text of /proc/stat,
/// in ticks.
std::optional<std::uint64_t> busy_ticks(std::string_view stat);

}  // namespace interleave
