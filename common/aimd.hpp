// AIMD: one more after each full round, 0.7 times as many after a refusal.
#pragma once

#include <algorithm>

#include "common/pace.hpp"

namespace interleave {

/// Additive increase, multiplicative decrease, as TCP has it: it knows no
/// other sign of overload than a refusal, so it fills every queue there is.
class Aimd {
 public:
  /// A `most` of 0 counts as 1.
  explicit Aimd(unsigned most)
      : most_(std::max(most, 1u)), limit_(std::min(Pace::start, most_)) {}

  unsigned limit() const { return static_cast<unsigned>(limit_); }
  double speed() const { return 0; }  ///< nothing it asks for

  void observe(const Observation& item) {
    const bool refused = item.refusals > refusals_;
    refusals_ = item.refusals;
    // What began under an earlier limit says nothing of this one.
    if (item.began < changed_) return;
    if (refused || !item.completed)
      change(0.7 * limit_, item);
    else if (++round_ >= limit_)
      change(limit_ + 1, item);
  }

 private:
  void change(double limit, const Observation& item) {
    limit_ = std::clamp<double>(limit, 1, most_);
    changed_ = item.ended;
    round_ = 0;
  }

  unsigned most_;
  double limit_;
  double round_ = 0;
  std::uint64_t refusals_ = 0;
  Clock::time_point changed_ = Clock::time_point::min();
};

}  // namespace interleave
