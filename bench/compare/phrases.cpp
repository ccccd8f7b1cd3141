#include "bench/compare/phrases.hpp"

#include <fmt/format.h>

#include "bench/text/units.hpp"

namespace interleave::conclusion {

std::string time_of(double ns) {
  return format_duration(
      std::chrono::nanoseconds(static_cast<std::int64_t>(ns)));
}

std::string times(double ratio) {
  return ratio < 10 ? fmt::format("{:.1f}x", ratio)
                    : fmt::format("{:.0f}x", ratio);
}

std::string percent(double share) {
  return fmt::format("{:.0f}%", 100 * share);
}

std::string range(const std::string& low, const std::string& high) {
  return low == high ? low : low + " to " + high;
}

std::string names(const Cells& cells, std::size_t most) {
  std::string text;
  const std::size_t shown = cells.size() > most + 1 ? most : cells.size();
  for (std::size_t at = 0; at < shown; ++at) {
    const bool last = at + 1 == cells.size();
    if (at > 0) text += last ? " and " : ", ";
    text += cells[at]->cell->name();
  }
  if (shown < cells.size())
    text += fmt::format(" and {} more", cells.size() - shown);
  return text;
}

bool ranked(const CompareReport& report) {
  return report.comparable() && !report.cells.empty();
}

}  // namespace interleave::conclusion
