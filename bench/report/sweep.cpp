#include "bench/report/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "bench/report/facts.hpp"
#include "bench/text/columns.hpp"
#include "bench/text/plot.hpp"
#include "bench/text/text.hpp"

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

std::string wall_of(const CellReport& cell) {
  return cell.verified ? significant(cell.wall.median / 1e6) : "-";
}

std::string spread_of(const CellReport& cell, const Style& style) {
  if (!cell.verified || cell.runs.size() < 2) return "";
  return fmt::format("{}{:.1f}%", style.unicode ? "±" : "+-",
                     100 * cell.wall.spread());
}

std::string grid_of(const SweepReport& report, const Style& style) {
  const std::vector<CellReport>& cells = report.points.front().cells;
  std::vector<Column> columns{{"", std::string(to_string(report.axis)), 0}};
  for (std::size_t i = 0; i < cells.size(); ++i) {
    columns.push_back({cells[i].cell->name(), "ms", i + 1});
    columns.push_back({"", "", cells.size() + 2 + i, false, 1});
  }
  columns.push_back({"", "ahead", cells.size() + 1, true});
  Columns table(std::move(columns));
  for (std::size_t i = 0; i < report.points.size(); ++i) {
    std::vector<Field> row{{value_text(report.axis, report.values[i])}};
    for (const CellReport& cell : report.points[i].cells) {
      row.push_back({wall_of(cell)});
      row.push_back({spread_of(cell, style), Mark::faint});
    }
    row.push_back({ahead(report.points[i])});
    table.add_row(std::move(row));
  }
  return table.render(style);
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
  return plot_of(series, labels, plot_rows, style);
}

std::string title_of(const SweepReport& report) {
  return fmt::format("{} from {} to {}; at the first: {}",
                     to_string(report.axis),
                     value_text(report.axis, report.values.front()),
                     value_text(report.axis, report.values.back()),
                     describe_work(report.points.front()));
}

}  // namespace

std::string table_of(const SweepReport& report, const Context& context,
                     const Style& style) {
  std::string text = wrap(title_of(report), style.columns, 2);
  text +=
      wrap(describe_machine(report.points.front(), context), style.columns, 2);
  text += '\n' + grid_of(report, style);
  text += "\nwall, ms\n" + picture_of(report, style);
  return text + '\n' + statements(conclude(report), style.columns);
}

std::string markdown_of(const SweepReport& report, const Context& context) {
  const CompareReport& first = report.points.front();
  std::string text = fmt::format(
      "{}\\\n{}\\\n{}; commit {}\n\n| {} |", escape_markdown(title_of(report)),
      escape_markdown(describe_machine(first, context)),
      escape_markdown(first.date), escape_markdown(context.git_commit),
      to_string(report.axis));
  std::string rule = "|--:|";
  for (const CellReport& cell : first.cells) {
    text += fmt::format(" {}, ms |", escape_markdown(cell.cell->name()));
    rule += "--:|";
  }
  text += " ahead |\n" + rule + "---|\n";
  for (std::size_t i = 0; i < report.points.size(); ++i) {
    text += fmt::format("| {} |", value_text(report.axis, report.values[i]));
    for (const CellReport& cell : report.points[i].cells)
      text += fmt::format(" {} {} |", wall_of(cell),
                          spread_of(cell, {.unicode = true}));
    text += fmt::format(" {} |\n", escape_markdown(ahead(report.points[i])));
  }
  return text + '\n' + statements_markdown(conclude(report));
}

}  // namespace interleave
