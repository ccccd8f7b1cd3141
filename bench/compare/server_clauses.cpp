#include "bench/compare/server_clauses.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "bench/compare/phrases.hpp"
#include "bench/text/units.hpp"
#include "bench/workload/server.hpp"

namespace interleave::conclusion {

namespace {

/// The same model in two patterns.
struct Pair {
  const CellReport *more, *less;
};

double median_of(const CellReport& cell, double (*figure)(const Figures&)) {
  std::vector<double> values;
  for (const Figures& run : cell.runs) values.push_back(figure(run));
  return values.empty() ? 0 : summarise(values).median;
}

/// At the server: waiting and in service, per request that was taken.
double time_there(const CellReport& cell) {
  return median_of(cell, [](const Figures& run) {
    const auto taken = static_cast<double>(run.origin_requests) -
                       static_cast<double>(run.refused_429 + run.refused_503);
    return taken > 0 ? static_cast<double>(
                           (run.origin_wait + run.origin_service).count()) /
                           taken
                     : 0;
  });
}

double refused(const CellReport& cell) {
  return median_of(cell, [](const Figures& run) {
    return run.origin_requests > 0
               ? static_cast<double>(run.refused_429 + run.refused_503) /
                     static_cast<double>(run.origin_requests)
               : 0;
  });
}

std::uint64_t most_there(const std::vector<Pair>& pairs,
                         const CellReport* Pair::* which) {
  std::uint64_t most = 0;
  for (const Pair& pair : pairs)
    most = std::max(most, (pair.*which)->origin_peak_in_flight);
  return most;
}

/// Models that have a pattern without a limit and one that keeps --limit, the
/// first of each in the order of the grid.
std::vector<Pair> pairs_of(const CompareReport& report) {
  const auto first = [&](const Model* model, ConcurrencyCap cap) {
    const auto found =
        std::ranges::find_if(report.cells, [&](const CellReport& cell) {
          return cell.cell->model == model &&
                 cell.cell->pattern->width == cap && !cell.cell->pattern->paced;
        });
    return found == report.cells.end() ? nullptr : &*found;
  };
  std::vector<Pair> pairs;
  for (const Model& model : models()) {
    const CellReport* const more = first(&model, ConcurrencyCap::all);
    const CellReport* const less = first(&model, ConcurrencyCap::limit);
    if (more && less && more->width > less->width)
      pairs.push_back({more, less});
  }
  // Of one pattern each: models may have others first.
  std::erase_if(pairs, [&](const Pair& pair) {
    return pair.more->cell->pattern != pairs.front().more->cell->pattern ||
           pair.less->cell->pattern != pairs.front().less->cell->pattern;
  });
  return pairs;
}

std::string ratios(const std::vector<Pair>& pairs,
                   double (*figure)(const CellReport&)) {
  std::vector<double> all;
  for (const Pair& pair : pairs)
    all.push_back(figure(*pair.more) / figure(*pair.less));
  const auto [low, high] = std::ranges::minmax(all);
  return range(times(low), times(high));
}

double wall_of(const CellReport& cell) {
  return cell.wall.median;
}

/// As good as the other: what a difference of medians of this size says of the
/// times is less than it says of the server.
constexpr double no_faster = 0.98;

}  // namespace

Statements server_limits(const CompareReport& report) {
  if (!ranked(report) || !report.best) return {};
  return {fmt::format(
      "Server: {}. An ideal client needs a limit of {} here, and takes {}.",
      describe_server(report.settings.server), report.best->limit,
      format_duration(report.best->time))};
}

Statements asked_for_more(const CompareReport& report) {
  if (!ranked(report) || !report.best) return {};
  const std::vector<Pair> pairs = pairs_of(report);
  if (pairs.empty()) return {};
  const std::uint64_t more = most_there(pairs, &Pair::more),
                      less = most_there(pairs, &Pair::less);
  const bool measured = std::ranges::all_of(pairs, [](const Pair& pair) {
    return wall_of(*pair.less) > 0 && time_there(*pair.less) > 0;
  });
  if (!measured || more <= less || more <= report.best->limit) return {};
  const bool gained = std::ranges::any_of(pairs, [](const Pair& pair) {
    return wall_of(*pair.more) < no_faster * wall_of(*pair.less);
  });
  const std::string longer = ratios(pairs, wall_of);
  const std::string other =
      fmt::format("{} at {}", pairs.front().less->cell->pattern->name, less);
  std::string text =
      fmt::format("All at once: {} had {} requests at the server and ",
                  pairs.front().more->cell->pattern->name, more);
  text += gained ? fmt::format("took {} the time of {}", longer, other)
                 : fmt::format("was no faster than {} ({} its time)", other,
                               longer);
  text += fmt::format("; each request took {} as long there",
                      ratios(pairs, time_there));
  double most_refused = 0;
  for (const Pair& pair : pairs)
    most_refused = std::max(most_refused, refused(*pair.more));
  if (most_refused > 0)
    text +=
        fmt::format("; up to {} of them were refused", percent(most_refused));
  return {text + '.'};
}

}  // namespace interleave::conclusion
