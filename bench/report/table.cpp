#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bench/report/facts.hpp"
#include "bench/report/metrics.hpp"
#include "bench/report/report.hpp"
#include "bench/text/document.hpp"
#include "bench/text/text.hpp"

namespace interleave {

namespace {

/// What is behind a slash has no column of its own.
bool stands_alone(const Metric& metric) {
  return metric.sign != "/";
}

std::vector<Field> row_of(const std::vector<const Metric*>& metrics,
                          const CompareReport& report, const CellReport& cell) {
  std::vector<Field> row;
  for (const Metric* metric : metrics) {
    Field field = field_of(*metric, report, cell);
    if (stands_alone(*metric))
      row.push_back(std::move(field));
    else
      row.back().text += field.text;
  }
  return row;
}

std::string trouble_of(const CompareReport& report, const CellReport& cell) {
  const std::string error = first_error(cell);
  return failure_summary(report, cell) +
         (error.empty() ? "" : "; " + clip(error, 300));
}

/// Below the name of its pattern a cell has that of its model, in Markdown its
/// own: a row is quoted alone.
Columns grid_of(const CompareReport& report,
                const std::vector<const Metric*>& metrics, bool markdown) {
  std::vector<Column> columns;
  for (const Metric* metric : metrics)
    if (stands_alone(*metric)) columns.push_back(column_of(*metric));
  if (markdown) columns.front().under = "cell";
  Columns table(std::move(columns));
  for (const Pattern& pattern : patterns()) {
    bool any = markdown;
    for (const CellReport& cell : report.cells) {
      if (cell.cell->pattern != &pattern) continue;
      if (!std::exchange(any, true))
        table.add_heading(fmt::format("{}: {}", pattern.name, pattern.promise));
      const std::string name =
          markdown ? cell.cell->name()
                   : fmt::format("  {}", cell.cell->model->name);
      if (cell.verified) {
        std::vector<Field> row = row_of(metrics, report, cell);
        row.front().text = name;
        table.add_row(std::move(row));
      } else {
        table.add_message(name, trouble_of(report, cell));
      }
    }
  }
  return table;
}

/// How to read the table.
std::string reading_of(const CompareReport& report, bool wide) {
  // Interrupted, some cells have fewer runs than others, or none.
  std::size_t fewest = report.settings.runs, most = 0;
  for (const CellReport& cell : report.cells) {
    if (cell.runs.empty()) continue;
    fewest = std::min(fewest, cell.runs.size());
    most = std::max(most, cell.runs.size());
  }
  std::string how = "wall: of one run";
  if (most > 1)
    how = fmt::format(
        "wall: median of {} runs ± half its own {} interval",
        fewest < most ? fmt::format("{} to {}", fewest, most)
                      : fmt::format("{}", most),
        fewest < most ? "confidence" : percent(median_confidence(most)));
  if (report.has_origin)
    how += "; in flight: most at once, as the trace / the origin saw";
  if (wide)
    how +=
        "; wait: from queued to started; took: from started to finished; lag: "
        "how late the event loop came to a timer, in a run of its own; p50, "
        "p99: medians of the runs; max: of any run";
  return how;
}

/// "threads/gather (run 3)": runs that lie far from the others, from 1.
std::string with_outliers(const CompareReport& report) {
  std::vector<std::string> names;
  for (const CellReport& cell : report.cells) {
    if (cell.outliers.empty()) continue;
    std::vector<std::size_t> runs = cell.outliers;
    for (std::size_t& run : runs) ++run;
    names.push_back(fmt::format("{} ({} {})", cell.cell->name(),
                                runs.size() == 1 ? "run" : "runs",
                                fmt::join(runs, ", ")));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

/// Cells in which the origin worked near one core.
std::string limited_by_origin(const CompareReport& report) {
  std::vector<std::string> names;
  for (const CellReport& cell : report.cells)
    if (cell.origin_was_bottleneck) names.push_back(cell.cell->name());
  return fmt::format("{}", fmt::join(names, ", "));
}

void add_notes(Document& document, const CompareReport& report) {
  if (const std::string names = with_outliers(report); !names.empty())
    document.note(fmt::format("Outliers (kept): {}.", names));
  // Often it is the same one everywhere: a server that is down.
  std::map<std::string, std::vector<std::string>> cells_by_error;
  for (const CellReport& cell : report.cells)
    if (const std::string error = first_error(cell); !error.empty())
      cells_by_error[error].push_back(cell.cell->name());
  for (const auto& [error, cells] : cells_by_error)
    document.note(fmt::format("First error in {}: {}", fmt::join(cells, ", "),
                              clip(error, 500)));
  if (const std::string names = limited_by_origin(report); !names.empty())
    document.note(fmt::format(
        "The origin itself was busy for most of a core's time in {}: it, not "
        "the model, may have set the pace there.",
        names));
}

}  // namespace

std::string written(Document document, const CompareReport& report,
                    const Context& context, bool wide) {
  add_facts(document, describe_work(report), report.date, report.cores,
            context);
  document.table(
      grid_of(report, columns_of(report, wide), document.is_markdown()),
      wide ? Rest::below : Rest::dropped);
  document.note(reading_of(report, wide), Mark::faint);
  add_notes(document, report);
  document.conclusion(conclude(report));
  return document.take();
}

}  // namespace interleave
