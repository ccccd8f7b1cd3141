// Which items must be in flight, by what a pattern promises.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "bench/grid/catalog.hpp"
#include "common/options.hpp"
#include "common/pace.hpp"

namespace interleave {

/// Of at most 64 items, which start in submission order and end as they are
/// said to. Of a limit that moves, of as many as it starts with, and fewer than
/// two of its windows.
class Expectation {
 public:
  Expectation(const Cell& cell, std::size_t count, const Options& options)
      : count_(count),
        width_(
            cell.pattern->width == ConcurrencyCap::limit_max
                ? std::min<std::size_t>(cell.width(count, options), Pace::start)
                : cell.width(count, options)),
        barrier_(cell.pattern->width == ConcurrencyCap::batch_size) {}

  /// Bit i: item i must be in flight now.
  std::uint64_t in_flight() {
    if (!barrier_ || in_flight_ == 0)
      while (next_ < count_ &&
             static_cast<std::size_t>(std::popcount(in_flight_)) < width_)
        in_flight_ |= std::uint64_t{1} << next_++;
    return in_flight_;
  }
  void finish(std::size_t i) { in_flight_ &= ~(std::uint64_t{1} << i); }

 private:
  const std::size_t count_, width_;
  const bool barrier_;
  std::size_t next_ = 0;
  std::uint64_t in_flight_ = 0;
};

}  // namespace interleave
