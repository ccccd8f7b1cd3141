// Lanes by small numbers, instead of the kernel's ids.
#pragma once

#include <cstddef>
#include <map>
#include <vector>

#include "common/trace.hpp"

namespace interleave {

/// Lanes in the order of their first event: the same numbers for every run in
/// which the same happened.
class Lanes {
 public:
  explicit Lanes(const std::vector<Event>& events);

  /// From 1; 0 for a lane that is unset.
  std::size_t number(const Lane& lane) const;
  /// `all()[n]` is lane n + 1.
  const std::vector<Lane>& all() const { return order_; }

 private:
  std::vector<Lane> order_;
  std::map<Lane, std::size_t> numbers_;
};

}  // namespace interleave
