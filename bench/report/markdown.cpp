#include <fmt/format.h>

#include <array>
#include <string_view>

#include "bench/report/facts.hpp"
#include "bench/report/report.hpp"
#include "bench/text/text.hpp"
#include "bench/text/units.hpp"

namespace interleave {

namespace {

std::string time(double ns) {
  return format_duration(
      std::chrono::nanoseconds(static_cast<std::int64_t>(ns)));
}

std::string row_of(const CompareReport& report, const CellReport& cell) {
  const auto fast = speedup(report, cell);
  const bool known = cell.ideal.has_value();
  const std::array<std::string, 10> fields = {
      cell.runs.size() < 2
          ? time(cell.wall.median)
          : fmt::format("{} ± {:.1f} %", time(cell.wall.median),
                        cell.wall.spread() * 100),
      known ? format_duration(cell.ideal->time) : "",
      known ? fmt::format("{:.0f} %", cell.of_ideal() * 100) : "",
      known ? std::string(to_string(cell.ideal->bound)) : "",
      fast ? significant(*fast) : "",
      time(cell.cpu_per_item()),
      format_size(static_cast<std::uint64_t>(cell.peak_rss.median)),
      report.has_origin ? fmt::format("{} / {}", cell.peak_in_flight,
                                      cell.origin_peak_in_flight)
                        : fmt::format("{}", cell.peak_in_flight),
      report.has_origin ? fmt::format("{}", cell.connections) : "",
      "yes"};
  std::string row = fmt::format("| {} |", escape_markdown(cell.cell->name()));
  for (const std::string& field : fields)
    row += ' ' + escape_markdown(field) + " |";
  return row + '\n';
}

std::string row_of_trouble(const CompareReport& report,
                           const CellReport& cell) {
  const std::string error = first_error(cell);
  const std::string words =
      trouble(report, cell) + (error.empty() ? "" : "; " + clip(error, 300));
  return fmt::format("| {} | {} | | | | | | | | | no |\n",
                     escape_markdown(cell.cell->name()),
                     escape_markdown(words));
}

}  // namespace

std::string markdown_of(const CompareReport& report, const Context& context) {
  std::string text = fmt::format(
      "{}\\\n{}\\\n{}; commit {}\n\n", escape_markdown(describe_work(report)),
      escape_markdown(describe_machine(report, context)),
      escape_markdown(report.date), escape_markdown(context.git_commit));
  text +=
      "| cell | wall | ideal | of ideal | bound | speedup | CPU/item | memory "
      "| in flight (trace / origin) | connections | verified |\n"
      "|---|--:|--:|--:|---|--:|--:|--:|--:|--:|---|\n";
  for (const CellReport& cell : report.cells)
    text += cell.verified ? row_of(report, cell) : row_of_trouble(report, cell);
  return text + '\n' + statements_markdown(conclude(report));
}

}  // namespace interleave
