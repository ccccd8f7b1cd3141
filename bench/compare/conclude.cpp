// What a comparison showed, said in words: a clause for each statement.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "bench/compare/caveats.hpp"
#include "bench/compare/clause.hpp"
#include "bench/compare/compare.hpp"
#include "bench/compare/phrases.hpp"
#include "bench/compare/server_clauses.hpp"
#include "bench/measure/background_load.hpp"
#include "bench/text/units.hpp"

namespace interleave {

namespace {

using namespace conclusion;

// ---- which cells ----

std::string reason(const CellReport& cell) {
  switch (cell.ideal->bound) {
    case LimitingFactor::waiting:
      return "waiting";
    case LimitingFactor::limit:
      return cell.cell->pattern->width == ConcurrencyCap::batch_size
                 ? "the batch size"
             : cell.cell->pattern->width == ConcurrencyCap::limit_max
                 ? "its highest limit"
                 : "the limit";
    case LimitingFactor::cpu:
      return "CPU";
    case LimitingFactor::slots:
      return "the server's slots";
    case LimitingFactor::contention:
      return "contention in the server";
    case LimitingFactor::rate:
      return "the server's rate";
    case LimitingFactor::bandwidth:
      return "the server's bandwidth";
    case LimitingFactor::overload:
      return "overload of the server";
  }
  return "";
}

double wall_of(const CellReport* cell) {
  return cell->wall.median;
}

bool bound_by(const CellReport& cell, LimitingFactor bound) {
  return cell.ideal && cell.ideal->bound == bound;
}

/// Whether nothing else decides: from this percentage on, rounded as it is
/// shown, so that no cell is said to reach 85% and to be further off.
bool near_ideal(const CellReport& cell) {
  return std::round(100 * cell.of_ideal()) >= 85;
}

/// A cause is named where it fills at least this share of the time.
constexpr double most_of_it = 0.5;

/// Where CPU decides the ideal of a pattern that could use several cores.
bool ideal_by_cpu(const CellReport& cell) {
  return bound_by(cell, LimitingFactor::cpu) &&
         cell.cell->pattern->width != ConcurrencyCap::one;
}

/// Whether CPU decides the run, too: it was near that ideal, or its own CPU
/// filled most of the time of its cores.
bool bound_by_cpu(const CompareReport& report, const CellReport& cell) {
  const unsigned cores =
      cell.cell->usable_cores(report.settings.options, report.cores);
  return ideal_by_cpu(cell) &&
         (near_ideal(cell) ||
          cell.cpu.median >= most_of_it * cores * cell.wall.median);
}

/// Held by --limit, and by a batch size that is as large.
bool keeps_limit(const CompareReport& report, const CellReport& cell) {
  const Options& options = report.settings.options;
  return bound_by(cell, LimitingFactor::limit) &&
         cell.cell->pattern->heeds_limit() &&
         (cell.cell->pattern->width != ConcurrencyCap::batch_size ||
          options.batch_size == options.limit);
}

/// By pattern, the fastest first.
std::vector<Cells> by_pattern(const CompareReport& report) {
  std::vector<Cells> groups;
  for (const Pattern& pattern : patterns()) {
    Cells cells = those(report, [&](const CellReport& cell) {
      return cell.cell->pattern == &pattern;
    });
    std::ranges::stable_sort(cells, {}, wall_of);
    if (!cells.empty()) groups.push_back(std::move(cells));
  }
  return groups;
}

// ---- times: within a pattern, for patterns differ in what limits them ----

/// " (94% of its ideal of 60.0 ms, bound by the limit)".
std::string share_of_ideal(const Cells& cells) {
  if (!std::ranges::all_of(cells, [](const CellReport* cell) {
        return cell->ideal.has_value();
      }))
    return "";
  if (cells.size() > 1)
    return fmt::format(" ({} of their ideal)",
                       range_of(cells, &CellReport::of_ideal, percent));
  const CellReport& cell = *cells.front();
  return fmt::format(" ({} of its ideal of {}, bound by {})",
                     percent(cell.of_ideal()),
                     format_duration(cell.ideal->time), reason(cell));
}

Statements fastest(const CompareReport& report) {
  Statements all;
  for (const Pattern& pattern : patterns()) {
    const Cells first = report.leaders(pattern);
    if (first.empty()) continue;
    all.push_back(fmt::format(
        "Fastest in {}: {}{}, {}{}.", pattern.name,
        first.size() == 1 ? "" : "a tie of ", names(first, first.size()),
        range_of(first, wall_of, time_of), share_of_ideal(first)));
  }
  return all;
}

/// Where a pattern has one cell, or a cell one run.
Statements unranked(const CompareReport& report) {
  if (!ranked(report)) return {};
  Statements all;
  for (const Cells& group : by_pattern(report)) {
    if (group.size() > 1 && report.settings.runs > 1) continue;
    const CellReport& cell = *group.front();
    all.push_back(fmt::format(
        "{} in {}: {}, {}{}{}.", group.size() > 1 ? "Shortest" : "Only",
        cell.cell->pattern->name, cell.cell->name(), time_of(cell.wall.median),
        share_of_ideal({&cell}),
        group.size() > 1 ? ", in one run each, which ranks nothing" : ""));
  }
  return all;
}

// ---- what the CPU decides ----

std::string processing(const CompareReport& report, unsigned cores) {
  if (report.items_cpu.count() == 0) return "";
  std::string text = fmt::format(" (the items take {} of CPU",
                                 format_duration(report.items_cpu));
  if (cores > 1)
    text += fmt::format(", {} on {} cores",
                        format_duration(report.items_cpu / cores), cores);
  return text + ")";
}

/// Items are processed where all else happens, while other cells use the other
/// cores, of which there must be some.
Statements one_core(const CompareReport& report) {
  if (!ranked(report) || report.cores < 2) return {};
  const Cells alone = those(report, [&](const CellReport& cell) {
    return bound_by_cpu(report, cell) && cell.cell->computes_on_loop();
  });
  if (alone.empty()) return {};
  return {
      fmt::format("Bound by one core: {}: items are processed on the "
                  "event loop's only "
                  "thread{}.",
                  names(alone), processing(report, 1))};
}

/// How much faster the other cores make those of the same pattern.
Statements all_cores(const CompareReport& report) {
  if (!ranked(report) || report.cores < 2) return {};
  Cells faster;
  std::vector<double> ratios;
  for (const CellReport& loop : report.cells) {
    if (!bound_by_cpu(report, loop) || !loop.cell->computes_on_loop()) continue;
    for (const CellReport& other : report.cells) {
      if (other.cell->usable_cores(report.settings.options, report.cores) < 2 ||
          other.wall.median >= loop.wall.median ||
          !report.times_differ(loop, other))
        continue;
      faster.push_back(&other);
      ratios.push_back(loop.wall.median / other.wall.median);
    }
  }
  if (faster.empty()) return {};
  const auto [low, high] = std::ranges::minmax(ratios);
  return {fmt::format(
      "Faster on {} cores: {}, {} as fast as the event loop of their pattern.",
      report.cores, names(faster), range(times(low), times(high)))};
}

Statements bound_by_all_cores(const CompareReport& report) {
  if (!ranked(report)) return {};
  std::map<unsigned, Cells> by_cores;
  for (const CellReport& cell : report.cells)
    if (bound_by_cpu(report, cell) &&
        (report.cores < 2 || !cell.cell->computes_on_loop()))
      by_cores[cell.cell->usable_cores(report.settings.options, report.cores)]
          .push_back(&cell);
  Statements all;
  for (const auto& [cores, cells] : by_cores)
    all.push_back(fmt::format("Bound by CPU: {}{}.", names(cells),
                              processing(report, cores)));
  return all;
}

// ---- what the limit decides ----

/// "CPU per item from 94.5 us (a/b) to 577 us (c/d)"; no names where the runs
/// do not tell the least from the most.
std::string costs_of(const CompareReport& report, const Cells& cells) {
  const auto [cheap, dear] =
      std::ranges::minmax(cells, {}, &CellReport::cpu_per_item);
  const std::string low = time_of(cheap->cpu_per_item()),
                    high = time_of(dear->cpu_per_item());
  if (report.cpu_differs(*cheap, *dear))
    return fmt::format("CPU per item from {} ({}) to {} ({}).", low,
                       cheap->cell->name(), high, dear->cell->name());
  return fmt::format("CPU per item: {}.", range(low, high));
}

/// Where the limit decides, the model does not: say what it costs instead.
Statements at_limit(const CompareReport& report) {
  if (!ranked(report)) return {};
  const Cells cells = those(report, [&](const CellReport& cell) {
    return keeps_limit(report, cell) && near_ideal(cell);
  });
  if (cells.size() < 2) return {};
  return {fmt::format("At this limit ({}): {} reach {} of their ideal. {}",
                      report.settings.options.limit, names(cells),
                      range_of(cells, &CellReport::of_ideal, percent),
                      costs_of(report, cells))};
}

/// The share of the missing time that a cell's CPU fills, but for what its
/// items need: the median of the runs.
double filled_by_cpu(const CompareReport& report, const CellReport& cell) {
  const unsigned cores =
      cell.cell->usable_cores(report.settings.options, report.cores);
  std::vector<double> shares;
  for (const Figures& run : cell.runs) {
    const auto missing = static_cast<double>(
        std::chrono::nanoseconds(run.wall - cell.ideal->time).count());
    const auto more = static_cast<double>(
        (run.cpu.user + run.cpu.system - report.items_cpu).count());
    shares.push_back(missing <= 0 ? 0 : more / cores / missing);
  }
  return shares.empty() ? 0 : summarise(shares).median;
}

Cells far_off(const CompareReport& report) {
  if (!ranked(report)) return {};
  return those(report, [&](const CellReport& cell) {
    // A limit that moves is not meant to be at its bound.
    const bool limited = bound_by(cell, LimitingFactor::limit) &&
                         cell.cell->pattern->heeds_limit();
    const bool shown = limited || ideal_by_cpu(cell);
    return shown && !near_ideal(cell) && !bound_by_cpu(report, cell);
  });
}

/// Something else than its CPU that is known to have taken time.
bool disturbed(const CompareReport& report, const CellReport& cell) {
  return report.others.value_or(0) >= busy_share ||
         cell.origin_was_bottleneck || cell.refused.tasks > 0;
}

Statements further_off(const CompareReport& report) {
  const Cells cells = far_off(report);
  if (cells.empty()) return {};
  return {fmt::format("Further off: {} {} {} of {} ideal. {}", names(cells),
                      cells.size() == 1 ? "reaches" : "reach",
                      range_of(cells, &CellReport::of_ideal, percent),
                      cells.size() == 1 ? "its" : "their",
                      costs_of(report, cells))};
}

Statements missing_time(const CompareReport& report) {
  Cells by_cpu, unknown;
  for (const CellReport* cell : far_off(report))
    if (filled_by_cpu(report, *cell) >= most_of_it)
      by_cpu.push_back(cell);
    else if (!disturbed(report, *cell))
      unknown.push_back(cell);
  Statements all;
  if (!by_cpu.empty())
    all.push_back(fmt::format(
        "Missing time: in {}, CPU beyond what the items need fills {} of it.",
        names(by_cpu),
        range_of(
            by_cpu,
            [&](const CellReport* cell) {
              return std::min(filled_by_cpu(report, *cell), 1.0);
            },
            percent)));
  if (!unknown.empty())
    all.push_back(
        fmt::format("Missing time: in {}, no figure here shows the cause.",
                    names(unknown)));
  return all;
}

// ---- what to do ----

/// More runs, where medians of a tie differ by as much as this.
constexpr double worth_telling = 1.05;

Statements next(const CompareReport& report) {
  if (!ranked(report)) return {};
  const unsigned runs = report.settings.runs;
  Cells open;
  bool any = false;
  for (const Cells& group : by_pattern(report)) {
    any |= group.size() > 1;
    for (const CellReport* cell : report.leaders(*group.front()->cell->pattern))
      if (wall_of(cell) >= worth_telling * wall_of(group.front()))
        open.push_back(cell);
  }
  if (runs < 2 && any) return {"Next: rank the cells with --runs 5."};
  if (open.empty() || runs < 2) return {};
  return {fmt::format(
      "Next: tell ties apart with --runs {}: {} took at least {} longer than "
      "the fastest of {} pattern.",
      std::max(9u, 3 * runs), names(open), percent(worth_telling - 1),
      open.size() == 1 ? "its" : "their")};
}

}  // namespace

std::string conclude(const CompareReport& report) {
  return say_all<CompareReport>(report, {busy_machine,    busy_origin,
                                         refused_workers, refused_tasks,
                                         interruption,    failure,
                                         unverified,      nothing,
                                         lost_uncounted,  fastest,
                                         unranked,        one_core,
                                         all_cores,       bound_by_all_cores,
                                         at_limit,        further_off,
                                         missing_time,    server_limits,
                                         asked_for_more,  next});
}

}  // namespace interleave
