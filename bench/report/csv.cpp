#include <fmt/format.h>

#include <cmath>
#include <functional>
#include <string_view>
#include <vector>

#include "bench/report/facts.hpp"
#include "bench/report/report.hpp"
#include "bench/report/sweep.hpp"

namespace interleave {

namespace {

struct CsvColumn {
  std::string name;
  std::string value;
};

std::string digits(double value) {
  return std::isfinite(value) ? fmt::format("{}", std::llround(value)) : "";
}

std::string share(double value) {
  return std::isfinite(value) ? fmt::format("{:.6f}", value) : "";
}

std::string count(std::uint64_t value) {
  return fmt::format("{}", value);
}

/// What was counted, as of the worst run.
std::vector<CsvColumn> outcomes_of(const CompareReport& report,
                                   const CellReport& cell) {
  const Figures* worst = cell.worst_run();
  Tally counts;
  if (worst)
    counts = worst->tally;
  else
    counts.not_run = report.items;
  return {{"runs", count(cell.runs.size())},
          {"items", count(report.items)},
          {"completed", count(counts.completed)},
          {"failed", count(counts.failed)},
          {"skipped", count(counts.skipped)},
          {"lost", count(counts.lost)},
          {"not_run", count(counts.not_run)},
          {"bytes", count(cell.bytes)},
          {"digest", fmt::format("{:016x}", cell.digest)},
          {"verified", cell.verified ? "true" : "false"},
          {"first_error", first_error(cell)}};
}

std::vector<CsvColumn> measures_of(const CompareReport& report,
                                   const CellReport& cell) {
  const bool known = cell.ideal.has_value();
  const auto fast = speedup(report, cell);
  return {
      {"wall_ns", digits(cell.wall.median)},
      {"wall_ns_low", digits(cell.wall.low)},
      {"wall_ns_high", digits(cell.wall.high)},
      {"confidence", share(cell.wall.confidence)},
      {"outliers", count(cell.outliers.size())},
      {"makespan_ns", digits(cell.makespan.median)},
      {"ideal_ns", known ? fmt::format("{}", cell.ideal->time.count()) : ""},
      {"of_ideal", known && cell.verified ? share(cell.of_ideal()) : ""},
      {"bound", known ? std::string(to_string(cell.ideal->bound)) : ""},
      {"speedup", fast ? share(*fast) : ""},
      {"cpu_user_ns", digits(cell.cpu_user.median)},
      {"cpu_system_ns", digits(cell.cpu_system.median)},
      {"cpu_per_item_ns", digits(cell.cpu_per_item())},
      {"peak_rss_bytes", digits(cell.peak_rss.median)},
      {"peak_in_flight", count(cell.peak_in_flight)},
      {"peak_held", count(cell.peak_held)},
      {"origin_peak_in_flight", count(cell.origin_peak_in_flight)},
      {"connections", count(cell.connections)},
      {"overtakes", count(cell.overtakes)},
      {"workers_refused", count(cell.refused.workers)},
      {"tasks_delayed", count(cell.refused.tasks)},
      {"origin_was_bottleneck", cell.origin_was_bottleneck ? "true" : "false"}};
}

std::vector<CsvColumn> percentiles_of(const CellReport& cell) {
  std::vector<CsvColumn> columns;
  const auto add = [&](std::string_view name,
                       const std::optional<Percentiles>& times) {
    const Percentiles known = times.value_or(Percentiles());
    for (const auto& [which, time] :
         {std::pair("p50", known.p50), std::pair("p99", known.p99),
          std::pair("max", known.max)})
      columns.push_back({fmt::format("{}_{}_ns", name, which),
                         times ? fmt::format("{}", time.count()) : ""});
  };
  add("queue_wait", cell.queue_wait);
  add("latency", cell.latency);
  add("loop_lag", cell.loop_lag);
  return columns;
}

std::vector<CsvColumn> columns_of(const CompareReport& report,
                                  const CellReport& cell) {
  std::vector<CsvColumn> columns = {
      {"cell", cell.cell->name()},
      {"model", std::string(cell.cell->model->name)},
      {"pattern", std::string(cell.cell->pattern->name)},
      {"limit", count(report.settings.options.limit)},
      {"width", count(cell.width)}};
  for (auto&& more : {outcomes_of(report, cell), measures_of(report, cell),
                      percentiles_of(cell)})
    columns.insert(columns.end(), more.begin(), more.end());
  return columns;
}

std::string quote(std::string_view field) {
  if (field.find_first_of(",\"\r\n") == std::string_view::npos)
    return std::string(field);
  std::string quoted = "\"";
  for (const char c : field) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

template <class Part>
std::string line_of(const std::vector<CsvColumn>& columns, Part part) {
  std::string text;
  for (const CsvColumn& column : columns) {
    if (!text.empty()) text += ',';
    text += quote(std::invoke(part, column));
  }
  return text + "\r\n";
}

/// Of a comparison without cells there are the names.
std::vector<CsvColumn> names_of(const CompareReport& report) {
  CellReport none;
  none.cell = &catalog().front();
  return columns_of(report, none);
}

std::vector<CsvColumn> with_value(const SweepReport& report, std::size_t i,
                                  const std::vector<CsvColumn>& columns) {
  std::vector<CsvColumn> all = {
      {"axis", report.axis == Axis::cpu ? "cpu_ns"
                                        : std::string(to_string(report.axis))},
      {"value", count(report.values[i])}};
  all.insert(all.end(), columns.begin(), columns.end());
  return all;
}

}  // namespace

std::string csv_of(const CompareReport& report) {
  std::string text = line_of(names_of(report), &CsvColumn::name);
  for (const CellReport& cell : report.cells)
    text += line_of(columns_of(report, cell), &CsvColumn::value);
  return text;
}

std::string csv_of(const SweepReport& report) {
  std::string text = line_of(
      with_value(report, 0, names_of(report.points.front())), &CsvColumn::name);
  for (std::size_t i = 0; i < report.points.size(); ++i)
    for (const CellReport& cell : report.points[i].cells)
      text += line_of(with_value(report, i, columns_of(report.points[i], cell)),
                      &CsvColumn::value);
  return text;
}

}  // namespace interleave
