#include "bench/statistics.hpp"

#include <algorithm>
#include <vector>

namespace interleave {

Summary summarise(std::span<const double> sample) {
  std::vector<double> sorted(sample.begin(), sample.end());
  std::ranges::sort(sorted);
  const std::size_t middle = sorted.size() / 2;
  const double median = sorted.size() % 2
                            ? sorted[middle]
                            : (sorted[middle - 1] + sorted[middle]) / 2;
  return {median, sorted.front(), sorted.back()};
}

bool overlap(const Summary& a, const Summary& b) {
  return a.low <= b.high && b.low <= a.high;
}

}  // namespace interleave
