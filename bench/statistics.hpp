// Medians and their spread.
#pragma once

#include <span>

namespace interleave {

/// The middle of a sample and its extremes. No run is dropped.
struct Summary {
  double median = 0, low = 0, high = 0;

  /// Half the range, as a share of the median; 0 for a median of 0.
  double spread() const { return median == 0 ? 0 : (high - low) / 2 / median; }
};

/// `sample` must not be empty; the median of an even number of values is the
/// mean of the two in the middle.
Summary summarise(std::span<const double> sample);

/// Whether two samples could be one: their ranges overlap.
bool overlap(const Summary& a, const Summary& b);

}  // namespace interleave
