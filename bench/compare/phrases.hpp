// The words of a conclusion: figures and cells as its statements name them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "bench/compare/compare.hpp"

namespace interleave::conclusion {

using Cells = std::vector<const CellReport*>;

/// "60.0 ms", of nanoseconds.
std::string time_of(double ns);
/// "2.4x", "21x".
std::string times(double ratio);
/// "86%", of 0.86.
std::string percent(double share);
/// "86%", or "86% to 95%".
std::string range(const std::string& low, const std::string& high);

/// Of some cells: the least and the most of a figure, as text.
template <class Figure, class Text>
std::string range_of(const Cells& cells, Figure figure, Text text) {
  const auto [low, high] = std::ranges::minmax(cells, {}, figure);
  return range(text(std::invoke(figure, low)), text(std::invoke(figure, high)));
}

/// "a", "a and b", "a, b, c and 3 more".
std::string names(const Cells& cells, std::size_t most = 3);

template <class Which>
Cells those(const CompareReport& report, Which which) {
  Cells cells;
  for (const CellReport& cell : report.cells)
    if (std::invoke(which, cell)) cells.push_back(&cell);
  return cells;
}

/// Whether the times are worth anything to be said of them.
bool ranked(const CompareReport& report);

}  // namespace interleave::conclusion
