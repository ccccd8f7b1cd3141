// Pace: a limit that follows how much slower items are than on a quiet server.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "common/item.hpp"

namespace interleave {

/// What is known when an item gives its permit back.
struct Observation {
  Clock::time_point began;  ///< it had its permit
  Clock::time_point sent;   ///< its last attempt was made
  Clock::time_point ended;  ///< its last byte was there, or it had failed
  bool completed = false;
  std::uint64_t refusals = 0;  ///< so far, of all items, of waiting ones too
};

/// It tracks speed, one over the time of an attempt: a mean over a window of
/// items, which long tails hardly disturb. `base` is the speed while the server
/// is quiet. Items that are slower stand in a queue, so the limit is lowered by
/// the part that queues, and by the part that is refused. If lowering did not
/// make the items faster, the queue was not ours: the limit goes back, and this
/// speed is the server's own. While items are as fast as before, the limit
/// grows: it doubles until they are slower for the first time, then rises by
/// 15%, or half-way to the last limit that was too high. A window is an eighth
/// of all items so far, and one to six rounds of the limit: early decisions are
/// quick, late ones exact.
///
/// Thread safety: none. Invariants: 1 <= limit() <= max(1, most); what it does
/// follows from what it observed alone; observations in any order and with any
/// times are harmless.
class Pace {
 public:
  static constexpr unsigned start = 4;

  /// A `most` of 0 counts as 1.
  explicit Pace(unsigned most) : most_(std::max(most, 1u)) {}

  unsigned limit() const { return static_cast<unsigned>(limit_); }
  double speed() const { return speed_; }  ///< of the last window, in 1/s
  void observe(const Observation& item);

 private:
  void decide(double refused, double error, Clock::time_point now);

  static constexpr double none = std::numeric_limits<double>::infinity();

  double most_;
  double limit_ = std::min<double>(start, most_);
  double good_ = limit_;  // at which items were not slow
  double bad_ = none;     // at which they were, after it had grown
  double base_ = 0;       // speed on a quiet server; 0: not known yet
  double grow_ = 1;       // the part by which the limit grows
  bool again_ = false;    // the last window was slow, which may be chance
  bool twice_ = false;    // lowering did not help, which may be, too
  bool lowered_ = false;  // the last window ended in a lower limit,
  double from_ = 0, from_speed_ = 0;  // and this is what it was before

  // The window: items that began since the last change.
  Clock::time_point changed_ = Clock::time_point::min();
  double count_ = 0, sum_ = 0, squares_ = 0;
  double refusals_ = 0;  // before it
  double all_ = 0;       // items in all windows
  double speed_ = 0;     // of the last one
};

}  // namespace interleave
