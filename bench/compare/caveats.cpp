#include "bench/compare/caveats.hpp"

#include <fmt/format.h>

#include <string>

#include "bench/compare/phrases.hpp"
#include "bench/measure/background_load.hpp"
#include "bench/text/units.hpp"

namespace interleave::conclusion {

// ---- warnings ----

Statements busy_machine(const CompareReport& report) {
  if (!ranked(report) || report.others.value_or(0) < busy_share) return {};
  return {fmt::format(
      "Warning: other programs used {} of the CPU. Stop them and rerun.",
      percent(*report.others))};
}

Statements busy_origin(const CompareReport& report) {
  const Cells cells = those(report, &CellReport::origin_was_bottleneck);
  if (!ranked(report) || cells.empty()) return {};
  return {fmt::format(
      "Warning: the origin used nearly a whole core in runs of {}, and may "
      "have set the pace. Give it less to do: longer waits, smaller bodies.",
      names(cells))};
}

Statements refused_workers(const CompareReport& report) {
  if (!ranked(report)) return {};
  Statements all;
  for (const CellReport& cell : report.cells)
    if (cell.refused.workers > 0)
      all.push_back(fmt::format(
          "Warning: the system refused {} of the workers of {}. Its times are "
          "those of the others.",
          cell.refused.workers, cell.cell->name()));
  return all;
}

Statements refused_tasks(const CompareReport& report) {
  if (!ranked(report)) return {};
  Statements all;
  for (const CellReport& cell : report.cells)
    if (cell.refused.tasks > 0)
      all.push_back(fmt::format(
          "Warning: {} of the tasks of {} had to wait for another to end: the "
          "system refused them a thread or process.",
          cell.refused.tasks, cell.cell->name()));
  return all;
}

Statements lost_uncounted(const CompareReport& report) {
  if (report.lost_uncounted == 0) return {};
  const bool one = report.lost_uncounted == 1;
  return {fmt::format(
      "Warning: {} lost with the process that held {}, in runs that are not "
      "counted.",
      one ? "an item was" : fmt::format("{} items were", report.lost_uncounted),
      one ? "it" : "them")};
}

// ---- why nothing is ranked ----

Statements interruption(const CompareReport& report) {
  if (!report.interrupted) return {};
  std::size_t done = 0, all = 0;
  for (const CellReport& cell : report.cells)
    for (const Figures& run : cell.runs) {
      done += run.tally.completed;
      all += run.items;
    }
  const std::string runs =
      fmt::format("{} of {} runs", report.runs_done, report.runs_planned);
  if (all == 0)
    return {fmt::format("interrupted: after {}, none of them counted.", runs)};
  return {fmt::format(
      "interrupted: {} of {} counted items, after {}. Nothing is ranked.", done,
      all, runs)};
}

/// What kept the rest from being measured.
Statements failure(const CompareReport& report) {
  if (report.interrupted || report.failure.empty()) return {};
  return {fmt::format("Nothing is ranked: after {} of {} runs, {}.",
                      report.runs_done, report.runs_planned,
                      printable(report.failure))};
}

/// With the first thing that went wrong.
Statements unverified(const CompareReport& report) {
  if (report.interrupted || !report.failure.empty()) return {};
  const Cells wrong =
      those(report, [](const CellReport& cell) { return !cell.verified; });
  if (wrong.empty()) return {};
  std::string first;
  for (const CellReport* cell : wrong)
    for (const Figures& run : cell->runs) {
      if (!first.empty() || run.errors.empty()) continue;
      const auto& [item, error] = run.errors.front();
      first = fmt::format(" First error: item {} of {}, {}.", item + 1,
                          cell->cell->name(), printable(to_string(error)));
    }
  return {fmt::format(
      "Nothing is ranked: {} did not complete and verify every item.{}",
      names(wrong), first)};
}

Statements nothing(const CompareReport& report) {
  if (!report.comparable() || !report.cells.empty()) return {};
  return {"Nothing was measured."};
}

}  // namespace interleave::conclusion
