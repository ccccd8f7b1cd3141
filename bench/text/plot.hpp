// Lines over values, drawn with characters.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "bench/text/terminal.hpp"

namespace interleave {

/// One line: a value for each label, above zero; NaN where there is none.
struct Series {
  std::string name;
  std::vector<double> values;
};

/// `rows` lines of plot (at least 3), a line of labels and the names of the
/// series. Values grow upwards on a logarithmic scale, whose ends are written
/// beside it, so equal factors are equal heights; labels stand at equal
/// distances. Where two series meet stands a `*`. No line is wider than the
/// style allows. Empty when there is nothing to draw.
std::string plot_of(std::span<const Series> series,
                    std::span<const std::string> labels, std::size_t rows,
                    const Style& style);

}  // namespace interleave
