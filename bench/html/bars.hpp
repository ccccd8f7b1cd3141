// Bars and axes, which begin at zero.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/text/axis.hpp"

namespace interleave::html {

struct Tick {
  double at;
  std::string text;
};

/// Some five round steps from zero to `end`, which is more than 0.
std::vector<Tick> ticks_of(Quantity quantity, double end);

/// The texts of ticks_of(), each at its share of the width.
std::string labels_of(Quantity quantity, double end);

/// What is drawn of one cell: a bar, an interval around its end, and lines.
struct Bar {
  std::optional<double> value = {}, low = {}, high = {}, ideal = {},
                        published = {};
  bool leads = false;  ///< the fastest of its pattern, or a tie with it

  double longest() const;  ///< the largest of them; 0 when there is none
};

/// On an axis that ends at `end`. It scales to the width it is given; its one
/// group can be scaled further.
std::string drawing_of(const Bar& bar, double end);

/// What the parts of a bar mean.
std::string key_of_bars(bool leads, bool published);

}  // namespace interleave::html
