// The order of events as short strings: pure functions of a trace.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "common/trace.hpp"

namespace interleave::experiments {

/// What is shown of an item, and how: "S" and "L" make `S1 L1 S2 L2`. An empty
/// name leaves the event out; without numbers it stands alone: `One Two`.
struct Names {
  std::string_view started;
  std::string_view downloaded;
  std::string_view finished;
  bool numbered = true;
};

/// Everything that happened, as it happened, items counted from 1.
std::string order_of(const Trace& trace, const Names& names);

/// The same with neighbours that are starts in the order of their numbers:
/// tasks that are started together begin as the system's scheduler likes.
std::string order_of_groups(const Trace& trace, const Names& names);

/// `order_of` for files: S = started loading, L = loaded.
inline constexpr Names loading{"S", "L", "", true};

/// What the published order is for `count` items of equal cost, at most
/// `width` of them in flight: `S1 S2 L1 S3 L2 S4 L3 L4`.
std::string equal_cost_order(std::size_t count, std::size_t width);

}  // namespace interleave::experiments
