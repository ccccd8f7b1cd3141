#include "bench/text/axis.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdint>

#include "bench/text/units.hpp"

namespace interleave {

std::string text_of(Quantity quantity, double value) {
  if (quantity == Quantity::size)
    return format_size(static_cast<std::uint64_t>(value));
  return format_duration(
      std::chrono::nanoseconds(static_cast<std::int64_t>(value)));
}

Steps steps_of(Quantity quantity, double end, std::size_t most) {
  constexpr Steps times[] = {
      {"s", 1e9, 1}, {"ms", 1e6, 1}, {"us", 1e3, 1}, {"ns", 1, 1}};
  constexpr Steps sizes[] = {{"GiB", 1 << 30, 1},
                             {"MiB", 1 << 20, 1},
                             {"KiB", 1 << 10, 1},
                             {"B", 1, 1}};
  const auto& units = quantity == Quantity::time ? times : sizes;
  Steps steps = *std::find_if(units, units + 3, [&](const Steps& each) {
    return end >= 10 * each.unit_size;
  });
  for (int n = 0; std::floor(end / steps.gap()) > static_cast<double>(most);
       ++n)
    steps.step *= n % 3 == 1 ? 2.5 : 2;
  return steps;
}

}  // namespace interleave
