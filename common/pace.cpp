#include "common/pace.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace interleave {

void Pace::observe(const Observation& item) {
  const std::chrono::duration<double> took = item.ended - item.sent;
  if (item.completed && took.count() > 0 && item.began >= changed_) {
    ++all_, ++count_;
    sum_ += 1 / took.count();
    squares_ += 1 / took.count() / took.count();
  }
  const auto refusals = static_cast<double>(item.refusals);
  if (count_ == 0) refusals_ = refusals;
  if (count_ < 4) return;
  const double mean = sum_ / count_;
  const double variance = std::max(0.0, squares_ / count_ - mean * mean);
  const double refused = std::max(0.0, refusals - refusals_);
  const double share = refused / (refused + count_);
  const double full = std::max(8.0, std::floor(limit_));
  const bool pushed =
      base_ > 0 && refused >= 3 && share > 0.12 && count_ + refused >= full;
  const bool crawls = mean + std::sqrt(variance) < base_ / 2;
  if (count_ < std::clamp(all_ / 8, full, 6 * full) && !pushed && !crawls)
    return;
  speed_ = mean;
  decide(pushed ? share : 0, std::sqrt(variance / count_), item.ended);
  count_ = sum_ = squares_ = 0;
  refusals_ = refusals;
}

void Pace::decide(double refused, double error, Clock::time_point now) {
  const double doubt = std::max(base_ / 16, 3 * error), before = limit_;
  const bool slow = refused > 0 || speed_ < base_ - doubt;
  const bool was_lowered = std::exchange(lowered_, false);
  // Once may be chance, and half of it was before the limit grew: look again.
  again_ = slow && refused == 0 && !was_lowered && !again_;
  if (again_) return;
  if (was_lowered && speed_ < from_speed_ * std::sqrt(from_ / limit_)) {
    // No faster: it was not our queue. Where much changed, ask twice.
    twice_ = !twice_ && speed_ < base_ / 3;
    if (!twice_) base_ = speed_;
    limit_ = good_ = from_;
    bad_ = none;
  } else if (slow && limit_ >= 2) {
    // Slow because it grew: back to where it was good.
    const bool grew = 3 * speed_ * limit_ >= base_ * good_;
    const double ours = std::max(limit_ * speed_ / base_, grew ? good_ : 0);
    from_speed_ = refused > 0 ? 0 : speed_;
    from_ = bad_ = limit_;
    limit_ = std::clamp(refused > 0 ? limit_ * (1 - refused) : ours, limit_ / 2,
                        limit_ - 1);
    lowered_ = true;
    grow_ = 0.15;
  } else {
    base_ += (base_ == 0 || slow ? 1 : 0.35) * (speed_ - base_);
    good_ = limit_;
    twice_ = twice_ && !was_lowered;
    if (!was_lowered) {
      const double most = bad_ > limit_ ? (limit_ + bad_) / 2 : none;
      limit_ = std::max(limit_ + 1, std::min(limit_ * (1 + grow_), most));
      if (bad_ == none) grow_ = std::min(1.0, 2 * grow_);
      if (limit_ >= bad_) bad_ = none;
    }
  }
  limit_ = std::min(limit_, most_);
  if (limit_ != before) changed_ = now;
}

}  // namespace interleave
