// Who sees to it that a run ends.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "common/item.hpp"

namespace interleave {

struct Watch;

/// Why a run ended before its items did.
enum class CutShort {
  no,
  interrupt,  ///< the user wanted it to end
  deadline,   ///< Watch::deadline has passed
  stall,      ///< nothing had happened for Watch::patience
};
std::string_view to_string(CutShort why);

/// When a run may no longer go on it is told to start nothing new, then to
/// cancel what it does, and then it is given up (Watch).
class Watchdog {
 public:
  /// `watch` must outlive it.
  explicit Watchdog(const Watch& watch) : watch_(watch) {}

  /// Looks at the user, the clock and the progress; false when the run has had
  /// its time and its process is to be killed.
  bool may_go_on();

  /// The warm-up is over: the deadline is the run's alone. A warm-up has a
  /// bound of its own: it is a stall when it takes longer than the patience.
  void begin() {
    warm_ = true;
    began_ = moved_ = Clock::now();
  }

  CutShort why() const { return why_; }
  Clock::time_point began() const { return began_; }

 private:
  CutShort reason(Clock::time_point now);

  const Watch& watch_;
  bool warm_ = false;
  Clock::time_point began_ = Clock::now();
  Clock::time_point moved_ = began_, told_;
  std::uint64_t progress_ = 0;
  CutShort why_ = CutShort::no;
};

}  // namespace interleave
