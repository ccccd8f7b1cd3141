#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "bench/report/facts.hpp"
#include "bench/report/report.hpp"
#include "bench/text/columns.hpp"
#include "bench/text/text.hpp"
#include "bench/text/units.hpp"

namespace interleave {

namespace {

constexpr double ns_per_ms = 1e6, ns_per_us = 1e3, bytes_per_mib = 1 << 20;

std::string ms(double ns) {
  return significant(ns / ns_per_ms);
}

std::string percent(double share) {
  return fmt::format("{:.0f}%", share * 100);
}

std::string plus_minus(double spread, const Style& style) {
  return (style.unicode ? "±" : "+-") +
         (spread < 0.0995 ? fmt::format("{:.1f}%", spread * 100)
                          : percent(spread));
}

/// The columns in the order they are read. The rank says which go first where
/// there is little room: time and its worth, then what proves the terms equal,
/// then cost, then what explains.
std::vector<Column> columns_for(const CompareReport& report) {
  return {
      {"", "model", 0, true},
      {"wall", "ms", 1},
      {"", "", 2, false, 1},
      {"ideal", "ms", 10},
      {"of", "ideal", 3},
      {"", "bound", 4, true},
      {"speed-", "up", 11},
      {"CPU", "us/item", 7},
      {"user", "ms", 15},
      {"sys", "ms", 16},
      {"memory", "MiB", 8},
      {"in", report.has_origin ? "flight*" : "flight", 6},
      {"at", "most", 12},
      {"connec-", "tions", report.has_origin ? 9u : 17u},
      {"over-", "takes", 13},
      {"makespan", "ms", 14},
      {"", "verified", 5, true},
  };
}

std::string in_flight(const CompareReport& report, const CellReport& cell) {
  if (!report.has_origin) return fmt::format("{}", cell.peak_in_flight);
  return fmt::format("{}/{}", cell.peak_in_flight, cell.origin_peak_in_flight);
}

/// The fields of columns_for(), for a cell that is verified.
std::vector<Field> row_of(const CompareReport& report, const CellReport& cell,
                          const Style& style) {
  const auto fast = speedup(report, cell);
  const auto optional = [](bool known, std::string text) {
    return Field{known ? std::move(text) : "-"};
  };
  const bool has_ideal = cell.ideal.has_value();
  return {
      {"  " + std::string(cell.cell->model->name)},
      {ms(cell.wall.median)},
      {cell.runs.size() < 2 ? "" : plus_minus(cell.wall.spread(), style),
       Mark::faint},
      optional(
          has_ideal,
          has_ideal ? ms(static_cast<double>(cell.ideal->time.count())) : ""),
      optional(has_ideal, percent(cell.of_ideal())),
      optional(has_ideal,
               has_ideal ? std::string(to_string(cell.ideal->bound)) : ""),
      optional(fast.has_value(), significant(fast.value_or(0))),
      {significant(cell.cpu_per_item() / ns_per_us)},
      {ms(cell.cpu_user.median)},
      {ms(cell.cpu_system.median)},
      {significant(cell.peak_rss.median / bytes_per_mib)},
      {in_flight(report, cell)},
      {fmt::format("{}", cell.width)},
      optional(report.has_origin, fmt::format("{}", cell.connections)),
      {fmt::format("{}", cell.overtakes)},
      {ms(cell.makespan.median)},
      {"yes", Mark::good},
  };
}

void add_cell(Columns& columns, const CompareReport& report,
              const CellReport& cell, const Style& style) {
  if (cell.verified) {
    columns.add_row(row_of(report, cell, style));
    return;
  }
  const std::string error = first_error(cell);
  columns.add_message("  " + std::string(cell.cell->model->name),
                      error.empty() ? trouble(report, cell)
                                    : trouble(report, cell) + "; " + error);
}

std::string grid_of(const CompareReport& report, const Style& style) {
  Columns columns(columns_for(report));
  for (const Pattern& pattern : patterns()) {
    bool any = false;
    for (const CellReport& cell : report.cells) {
      if (cell.cell->pattern != &pattern) continue;
      if (!any)
        columns.add_heading(
            fmt::format("{}: {}", pattern.name, pattern.promise));
      any = true;
      add_cell(columns, report, cell, style);
    }
  }
  return columns.render(style);
}

/// What stands below the table: how to read it, and what to be wary of.
std::string notes_on(const CompareReport& report, const Style& style) {
  const auto note = [&](std::string_view text) {
    return wrap(text, style.columns);
  };
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
        "wall: median of {} runs {} half its own {} interval",
        fewest < most ? fmt::format("{} to {}", fewest, most)
                      : fmt::format("{}", most),
        style.unicode ? "±" : "+-",
        fewest < most ? "confidence" : percent(median_confidence(most)));
  if (report.has_origin)
    how += "; *most at once, as the trace / the origin saw";
  std::string text = marked(note(how), Mark::faint, style);
  if (const std::string names = with_outliers(report); !names.empty())
    text += note(fmt::format(
        "Far from the other runs, and counted all the same: {}.", names));
  // Often it is the same one everywhere: a server that is down.
  std::map<std::string, std::vector<std::string>> cells_by_error;
  for (const CellReport& cell : report.cells)
    if (const std::string error = first_error(cell); !error.empty())
      cells_by_error[error].push_back(cell.cell->name());
  for (const auto& [error, cells] : cells_by_error)
    text += note(fmt::format("First error in {}: {}", fmt::join(cells, ", "),
                             clip(error, 500)));
  if (const std::string names = limited_by_origin(report); !names.empty())
    text += note(fmt::format(
        "The origin itself was busy for most of a core's time in {}: it, not "
        "the model, may have set the pace there.",
        names));
  return text;
}

}  // namespace

std::string table_of(const CompareReport& report, const Context& context,
                     const Style& style) {
  std::string text = wrap(describe_work(report), style.columns, 2);
  text += wrap(describe_machine(report, context), style.columns, 2);
  text += '\n' + grid_of(report, style);
  text += '\n' + notes_on(report, style);
  return text + '\n' + statements(conclude(report), style.columns);
}

}  // namespace interleave
