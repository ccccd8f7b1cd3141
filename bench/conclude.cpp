// What a comparison showed, said in words.

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <vector>

#include "bench/compare.hpp"
#include "bench/neighbours.hpp"
#include "bench/units.hpp"

namespace interleave {

namespace {

using Cells = std::vector<const CellReport*>;

std::string time_of(double ns) {
  return format_duration(
      std::chrono::nanoseconds(static_cast<std::int64_t>(ns)));
}

std::string times(double ratio) {
  return ratio < 10 ? fmt::format("{:.1f}", ratio)
                    : fmt::format("{:.0f}", ratio);
}

/// "a", "a and b", "a, b and 3 more".
std::string names(const Cells& cells) {
  constexpr std::size_t most = 3;
  std::string text;
  const std::size_t shown = cells.size() > most + 1 ? most : cells.size();
  for (std::size_t at = 0; at < shown; ++at) {
    const bool last = at + 1 == cells.size();
    if (at > 0) text += last ? " and " : ", ";
    text += cells[at]->cell->name();
  }
  if (shown < cells.size())
    text += fmt::format(" and {} more", cells.size() - shown);
  return text;
}

const char* reason(Bound bound) {
  switch (bound) {
    case Bound::waiting:
      return "the items' own waiting time";
    case Bound::limit:
      return "the limit";
    case Bound::cpu:
      return "the CPU";
  }
  return "";
}

std::string share_of_ideal(const CellReport& cell) {
  if (!cell.ideal) return "";
  return fmt::format(" ({:.0f} % of its ideal of {}, bound by {})",
                     100 * cell.of_ideal(), format_duration(cell.ideal->time),
                     reason(cell.ideal->bound));
}

/// Of a few runs even those of equal cells may not overlap.
std::string doubt_of(unsigned runs) {
  const double chance = chance_apart(runs);
  if (chance <= 1 - wanted_confidence) return "";
  return fmt::format(
      " (with {} runs each, one pair of equal cells in {:.0f} looks like that)",
      runs, 1 / chance);
}

/// The fastest, who ties with it, and what that is against one at a time.
std::string winner(const CompareReport& report, Cells cells) {
  const auto by_wall = [](const CellReport* cell) { return cell->wall.median; };
  std::ranges::sort(cells, {}, by_wall);
  const CellReport& first = *cells.front();
  Cells tied;
  for (const CellReport* cell : cells)
    if (cell != &first && overlap(cell->wall, first.wall)) tied.push_back(cell);

  std::string text =
      fmt::format("{} took {}{}", first.cell->name(),
                  time_of(first.wall.median), share_of_ideal(first));
  if (cells.size() > 1) {
    if (report.settings.runs < 2)
      text += ", the shortest time of one run each, which ranks nothing";
    else if (tied.empty())
      text += ", the shortest time" + doubt_of(report.settings.runs);
    else
      text += fmt::format(", a tie with {} (within noise)", names(tied));
  }
  const CellReport* sequential = report.sequential();
  if (sequential && sequential != &first)
    text += fmt::format(": {} x as fast as {}",
                        times(sequential->wall.median / first.wall.median),
                        sequential->cell->name());
  return text + ".";
}

/// Below this share of what the limit allows, something else decides as well.
constexpr double near_ideal = 0.85;

/// Where the limit decides, the model does not: say what it costs instead.
std::string limited(const Cells& cells) {
  Cells bound, short_of_it;
  for (const CellReport* cell : cells)
    if (cell->ideal && cell->ideal->bound == Bound::limit)
      (cell->of_ideal() < near_ideal ? short_of_it : bound).push_back(cell);
  std::string text;
  if (bound.size() > 1) {
    const auto [least, most] =
        std::ranges::minmax(bound, {}, &CellReport::of_ideal);
    const auto [cheap, dear] =
        std::ranges::minmax(bound, {}, &CellReport::cpu_per_item);
    text = fmt::format(
        " The limit decides for {}: they reach {:.0f} to {:.0f} % of what it "
        "allows, so choosing among them is about cost, from {} of CPU an item "
        "({}) to {} ({}).",
        names(bound), 100 * least->of_ideal(), 100 * most->of_ideal(),
        time_of(cheap->cpu_per_item()), cheap->cell->name(),
        time_of(dear->cpu_per_item()), dear->cell->name());
  }
  if (!short_of_it.empty()) {
    const CellReport& least =
        **std::ranges::min_element(short_of_it, {}, &CellReport::of_ideal);
    text += fmt::format(
        " {} stayed below {:.0f} % of what the limit allows: what their tasks "
        "cost shows (most in {}, {} of CPU an item).",
        names(short_of_it), 100 * near_ideal, least.cell->name(),
        time_of(least.cpu_per_item()));
  }
  return text;
}

/// Where the CPU decides, what counts is how many cores a cell computes on.
std::string computed(const CompareReport& report, const Cells& cells) {
  Cells one_core, all_cores;
  for (const CellReport* cell : cells) {
    if (!cell->ideal || cell->ideal->bound != Bound::cpu) continue;
    if (cell->cell->pattern->width == Width::one) continue;
    const unsigned usable =
        cell->cell->usable_cores(report.settings.options, report.cores);
    (usable == 1 ? one_core : all_cores).push_back(cell);
  }
  const auto by_wall = [](const CellReport* cell) { return cell->wall.median; };
  if (one_core.empty() && all_cores.empty()) return "";
  if (one_core.empty())
    return fmt::format(
        " Processing keeps {} cores busy: no model can be faster than the CPU "
        "it needs.",
        report.cores);

  const CellReport& alone = **std::ranges::min_element(one_core, {}, by_wall);
  std::string text = fmt::format(
      " {} {} bound by one core: items are processed on the event loop's only "
      "thread, and nothing else runs meanwhile (ideal {}).",
      names(one_core), one_core.size() == 1 ? "is" : "are",
      format_duration(alone.ideal->time));
  if (!all_cores.empty()) {
    const CellReport& slowest =
        **std::ranges::max_element(all_cores, {}, by_wall);
    const CellReport& fastest =
        **std::ranges::min_element(all_cores, {}, by_wall);
    const std::string low = times(alone.wall.median / slowest.wall.median);
    const std::string high = times(alone.wall.median / fastest.wall.median);
    text += fmt::format(
        " Those that process on {} cores ({}) were {} x as fast.", report.cores,
        names(all_cores), low == high ? low : low + " to " + high);
  }
  return text;
}

/// Why the times must not be ranked, with the first thing that went wrong.
std::string refusal(const CompareReport& report) {
  Cells wrong;
  std::string first;
  for (const CellReport& cell : report.cells) {
    if (cell.verified) continue;
    wrong.push_back(&cell);
    for (const Figures& run : cell.runs) {
      if (!first.empty() || run.errors.empty()) continue;
      const auto& [item, error] = run.errors.front();
      first = fmt::format(" First error: item {} of {}, {}.", item + 1,
                          cell.cell->name(), to_string(error));
    }
  }
  return fmt::format(
      "Nothing is ranked: {} did not complete and verify every item.{}",
      names(wrong), first);
}

std::string interruption(const CompareReport& report) {
  std::size_t done = 0, all = 0;
  for (const CellReport& cell : report.cells)
    for (const Figures& run : cell.runs) {
      done += run.tally.completed;
      all += run.items;
    }
  const std::string runs =
      fmt::format("{} of {} runs", report.runs_done, report.runs_planned);
  if (all == 0)
    return fmt::format("interrupted: after {}, none of them counted.", runs);
  return fmt::format(
      "interrupted: {} of {} counted items, after {}. Nothing is ranked.", done,
      all, runs);
}

/// What kept the rest from being measured.
std::string failed(const CompareReport& report) {
  return fmt::format("Nothing is ranked: after {} of {} runs, {}.",
                     report.runs_done, report.runs_planned, report.failure);
}

std::string warn_of_lost(const CompareReport& report) {
  if (report.lost_uncounted == 0) return "";
  return fmt::format(
      " Careful: {} lost with the process that held {}, in runs that are not "
      "counted.",
      report.lost_uncounted == 1
          ? "an item was"
          : fmt::format("{} items were", report.lost_uncounted),
      report.lost_uncounted == 1 ? "it" : "them");
}

std::string warn_of_refused(const CompareReport& report) {
  std::string text;
  for (const CellReport& cell : report.cells) {
    const auto& [workers, tasks] = cell.refused;
    if (workers > 0)
      text += fmt::format(
          " Careful: the system refused {} of the workers of {}; its times and "
          "its ideal are those of the others.",
          workers, cell.cell->name());
    if (tasks > 0)
      text += fmt::format(
          " Careful: {} of the tasks of {} had to wait for another to end: the "
          "system refused them a thread or process.",
          tasks, cell.cell->name());
  }
  return text;
}

std::string warn_of_others(const CompareReport& report) {
  if (report.others.value_or(0) < busy_share) return "";
  return fmt::format(
      " Careful: other programs used {:.0f} % of the machine meanwhile, so "
      "these times say as much about them.",
      100 * *report.others);
}

std::string warn_of_origin(const CompareReport& report) {
  Cells cells;
  for (const CellReport& cell : report.cells)
    if (cell.origin_was_bottleneck) cells.push_back(&cell);
  if (cells.empty()) return "";
  return fmt::format(
      " Careful: the origin itself used nearly a whole core under {}, so these "
      "times say as much about the server as about the models.",
      names(cells));
}

}  // namespace

std::string conclude(const CompareReport& report) {
  if (report.interrupted) return interruption(report) + warn_of_lost(report);
  if (!report.failure.empty()) return failed(report) + warn_of_lost(report);
  if (!report.comparable()) return refusal(report) + warn_of_lost(report);
  Cells cells;
  for (const CellReport& cell : report.cells) cells.push_back(&cell);
  if (cells.empty()) return "Nothing was measured.";
  return winner(report, cells) + computed(report, cells) + limited(cells) +
         warn_of_refused(report) + warn_of_origin(report) +
         warn_of_others(report) + warn_of_lost(report);
}

}  // namespace interleave
