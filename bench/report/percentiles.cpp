#include <fmt/format.h>

#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/report/facts.hpp"
#include "bench/report/report.hpp"
#include "bench/text/columns.hpp"
#include "bench/text/text.hpp"

namespace interleave {

namespace {

std::string ms(Clock::duration time) {
  return significant(std::chrono::duration<double, std::milli>(time).count());
}

std::vector<Column> columns() {
  std::vector<Column> columns{{"", "model", 0, true}};
  std::size_t rank = 1;
  for (const std::string group : {"wait", "took", "lag"})
    for (const std::string which : {"p50", "p99", "max"})
      columns.push_back({group, which, rank++});
  return columns;
}

void add_cell(Columns& table, const CompareReport& report,
              const CellReport& cell) {
  const std::string name = "  " + std::string(cell.cell->model->name);
  if (!cell.verified) {
    table.add_message(name, trouble(report, cell));
    return;
  }
  std::vector<Field> row{{name}};
  for (const std::optional<Percentiles>& times :
       {std::optional(cell.queue_wait), std::optional(cell.latency),
        cell.loop_lag})
    for (const auto which :
         {&Percentiles::p50, &Percentiles::p99, &Percentiles::max})
      row.push_back({times ? ms((*times).*which) : "-"});
  table.add_row(std::move(row));
}

}  // namespace

std::string percentiles_of(const CompareReport& report, const Style& style) {
  Columns table(columns());
  for (const Pattern& pattern : patterns()) {
    bool any = false;
    for (const CellReport& cell : report.cells) {
      if (cell.cell->pattern != &pattern) continue;
      if (!std::exchange(any, true))
        table.add_heading(std::string(pattern.name));
      add_cell(table, report, cell);
    }
  }
  const std::string how = wrap(
      "All in ms. wait: from queued to started. took: the latency, from "
      "started to finished. lag: how late the event loop came to a timer, in a "
      "run of its "
      "own. p50 and p99: medians of the runs; max: of any run.",
      style.columns);
  return table.render(style) + '\n' + marked(how, Mark::faint, style);
}

}  // namespace interleave
