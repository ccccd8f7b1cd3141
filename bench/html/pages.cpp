#include "bench/html/pages.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bench/html/html.hpp"
#include "bench/text/input.hpp"
#include "bench/text/units.hpp"

namespace interleave::site {

namespace {

std::string duration(double ns) {
  return format_duration(
      std::chrono::nanoseconds(static_cast<std::int64_t>(ns)));
}

double share_of_ideal(const RecordedCell& cell) {
  return 100 * static_cast<double>(cell.ideal.count()) / cell.wall.median;
}

std::string row_of(const RecordedCell& cell, double longest) {
  return fmt::format(
      "<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"number\">{}</td>"
      "<td class=\"number\">{:.0f} %</td><td>{}</td>"
      "<td class=\"number\">{}</td><td class=\"number\">{}</td>"
      "<td class=\"number\">{}</td></tr>\n",
      cell.cell->model->name, bar_of(cell, longest), duration(cell.wall.median),
      share_of_ideal(cell), cell.bound, duration(cell.cpu_per_item),
      format_size(static_cast<std::uint64_t>(cell.memory_bytes)),
      cell.in_flight);
}

}  // namespace

std::string bar_of(const RecordedCell& cell, double longest) {
  const auto x = [&](double ns) { return 180 * ns / longest; };
  return fmt::format(
      "<svg class=\"share\" viewBox=\"0 0 200 14\" "
      "preserveAspectRatio=\"none\" aria-hidden=\"true\">"
      "<rect class=\"body\" y=\"2\" width=\"{:.1f}\" height=\"10\"/>"
      "<path class=\"spread\" d=\"M{:.1f} 7H{:.1f}\"/>"
      "<path class=\"ideal\" d=\"M{:.1f} 0v14\"/></svg>",
      x(cell.wall.median), x(cell.wall.low), x(cell.wall.high),
      x(static_cast<double>(cell.ideal.count())));
}

double longest_of(const std::vector<const RecordedCell*>& cells) {
  double longest = 0;
  for (const RecordedCell* cell : cells)
    longest = std::max(longest, cell->wall.median);
  return longest;
}

const RecordedCell& recorded_of(const Record& record, const Cell& cell) {
  const auto found =
      std::ranges::find(record.cells, &cell, &RecordedCell::cell);
  if (found == record.cells.end())
    throw InputError(fmt::format(
        "no run of {} was recorded: record all: ./run docs --record",
        cell.name()));
  return *found;
}

std::string result_of(const RecordedCell& cell) {
  return fmt::format("{}, {:.0f} % of its ideal", duration(cell.wall.median),
                     share_of_ideal(cell));
}

std::string result_table(const std::vector<const RecordedCell*>& cells) {
  const double longest = longest_of(cells);
  std::string text =
      "<table>\n<thead><tr><th>model</th><th>time; the line is the ideal</th>"
      "<th class=\"number\">wall</th><th class=\"number\">of ideal</th>"
      "<th>bound</th><th class=\"number\">CPU an item</th>"
      "<th class=\"number\">memory</th><th class=\"number\">in flight</th>"
      "</tr></thead>\n<tbody>\n";
  for (const RecordedCell* cell : cells) text += row_of(*cell, longest);
  return scrolling("What each model took", text + "</tbody>\n</table>\n");
}

std::string provenance(const Record& record) {
  return fmt::format("<p class=\"note\">Times: {}. {}. {}</p>\n",
                     escaped(record.job), escaped(record.machine),
                     escaped(record.made));
}

}  // namespace interleave::site
