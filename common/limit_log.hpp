// Record of a limit that changes while a run goes on.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "common/item.hpp"

namespace interleave {

/// One change of a limit.
struct LimitStep {
  Clock::time_point at;
  unsigned limit = 0;  ///< from then on
  /// Mean of what the items that decided it reached: 1/s, one over the time
  /// from the last attempt to the last byte. Zero for the first step.
  double speed = 0;

  bool operator==(const LimitStep&) const = default;
};

/// The steps of a run, first to last, in bounded memory: when it is full, every
/// second step but the first and the last is dropped.
///
/// Thread safety: whoever holds the limit's lock; the steps are taken when the
/// run is over. Invariants: at most `most` steps, in the order of their times.
class LimitLog {
 public:
  static constexpr std::size_t most = 1024;

  void add(const LimitStep& step) {
    if (steps_.size() == most) thin_out();
    steps_.push_back(step);
  }
  std::vector<LimitStep> take() { return std::exchange(steps_, {}); }

 private:
  void thin_out() {
    std::size_t kept = 1;
    for (std::size_t at = 2; at < steps_.size(); at += 2)
      steps_[kept++] = steps_[at];
    steps_[kept++] = steps_.back();
    steps_.resize(kept);
  }

  std::vector<LimitStep> steps_;
};

}  // namespace interleave
