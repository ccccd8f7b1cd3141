#include "bench/compare/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "bench/report/facts.hpp"
#include "bench/report/metrics.hpp"
#include "bench/report/report.hpp"
#include "bench/text/document.hpp"
#include "bench/text/plot.hpp"

namespace interleave {

namespace {

constexpr std::size_t plot_rows = 12;

/// The leaders of every pattern that has several cells: "tie" where those are
/// all of them.
std::string ahead(const CompareReport& point) {
  std::string text;
  for (const Pattern& pattern : patterns()) {
    const auto leaders = point.leaders(pattern);
    const auto of_all = std::ranges::count(
        point.cells, &pattern,
        [](const CellReport& cell) { return cell.cell->pattern; });
    if (!leaders.empty() && !text.empty()) text += "; ";
    if (leaders.size() == static_cast<std::size_t>(of_all) && of_all > 0)
      text += "tie";
    else
      for (const CellReport* cell : leaders)
        text += (cell == leaders.front() ? "" : ", ") + cell->cell->name();
  }
  return text.empty() ? "-" : text;
}

/// Wall and spread of each cell.
Columns grid_of(const SweepReport& report) {
  const Metric &wall = metric("wall_ns"), &spread = metric("spread");
  std::vector<Column> columns{{"", std::string(to_string(report.axis))}};
  for (const CellReport& cell : report.points.front().cells) {
    columns.push_back(column_of(wall));
    columns.back().over = cell.cell->name();
    columns.push_back(column_of(spread));
  }
  columns.push_back({"", "ahead", 0, true});
  Columns table(std::move(columns));
  for (std::size_t i = 0; i < report.points.size(); ++i) {
    const CompareReport& point = report.points[i];
    std::vector<Field> row{{value_text(report.axis, report.values[i])}};
    for (const CellReport& cell : point.cells) {
      const bool known = cell.verified;
      row.push_back(known ? field_of(wall, point, cell) : Field{"-"});
      row.push_back(known ? field_of(spread, point, cell) : Field{});
    }
    row.push_back({ahead(point)});
    table.add_row(std::move(row));
  }
  return table;
}

std::string picture_of(const SweepReport& report, const Style& style) {
  std::vector<Series> series;
  std::vector<std::string> labels;
  for (const CellReport& cell : report.points.front().cells)
    series.push_back({cell.cell->name(), {}});
  for (std::size_t i = 0; i < report.points.size(); ++i) {
    labels.push_back(value_text(report.axis, report.values[i]));
    for (std::size_t k = 0; k < series.size(); ++k) {
      const CellReport& cell = report.points[i].cells[k];
      series[k].values.push_back(
          cell.verified ? cell.wall.median / 1e6
                        : std::numeric_limits<double>::quiet_NaN());
    }
  }
  return "wall, ms\n" + plot_of(series, labels, plot_rows, style);
}

}  // namespace

std::string written(Document document, const SweepReport& report,
                    const Context& context) {
  const CompareReport& first = report.points.front();
  add_facts(
      document,
      fmt::format("{} from {} to {}; at the first: {}", to_string(report.axis),
                  value_text(report.axis, report.values.front()),
                  value_text(report.axis, report.values.back()),
                  describe_work(first)),
      first.date, first.cores, context);
  document.table(grid_of(report), Rest::below);
  document.picture(
      [&](const Style& style) { return picture_of(report, style); });
  document.conclusion(conclude(report));
  return document.take();
}

}  // namespace interleave
