#include "bench/report/lanes.hpp"

namespace interleave {

Lanes::Lanes(const std::vector<Event>& events) {
  for (const Event& event : events) {
    if (event.lane == Lane{} || numbers_.contains(event.lane)) continue;
    order_.push_back(event.lane);
    numbers_[event.lane] = order_.size();
  }
}

std::size_t Lanes::number(const Lane& lane) const {
  const auto found = numbers_.find(lane);
  return found == numbers_.end() ? 0 : found->second;
}

}  // namespace interleave
