// Round steps of an axis that begins at zero.
#pragma once

#include <string>
#include <string_view>

namespace interleave {

enum class Quantity { time, size };  ///< in ns, in bytes

/// "63.7 ms", "8.20 MiB".
std::string text_of(Quantity quantity, double value);

/// Steps of 1, 2 or 5 times a power of ten of a unit, of which the axis has at
/// least ten, so that labels are whole numbers.
struct Steps {
  std::string_view unit;
  double unit_size;  ///< in ns or bytes
  double step;       ///< in units

  double gap() const { return step * unit_size; }
};

/// The axis to `end`, with at most `most` steps (at least 1).
Steps steps_of(Quantity quantity, double end, std::size_t most);

}  // namespace interleave
