#include "bench/compare/sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <utility>

#include "bench/compare/clause.hpp"
#include "bench/compare/phrases.hpp"
#include "bench/compare/rounds.hpp"
#include "bench/compare/server_clauses.hpp"
#include "bench/measure/background_load.hpp"
#include "bench/measure/trace_store.hpp"
#include "bench/text/units.hpp"

namespace interleave {

namespace {

/// A limit that saves less than this is not worth raising it for.
constexpr double worth_a_limit = 1.05;

/// Two cells at one value.
struct Pair {
  std::size_t value;  // its index
  const CompareReport* point;
  const CellReport *loop, *other;

  double log_ratio() const {
    return std::log(other->wall.median / loop->wall.median);
  }
  const Cell* ahead() const {
    if (!point->times_differ(*loop, *other)) return nullptr;
    return log_ratio() < 0 ? other->cell : loop->cell;
  }
};

const CellReport* find(const CompareReport& report, const Cell* cell) {
  const auto found = std::ranges::find(report.cells, cell, &CellReport::cell);
  return found == report.cells.end() ? nullptr : &*found;
}

/// Where the comparison ranks something.
std::vector<Pair> pairs_of(const SweepReport& report, const Cell* loop,
                           const Cell* other) {
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < report.points.size(); ++i) {
    const CompareReport& point = report.points[i];
    const CellReport* const a = find(point, loop);
    const CellReport* const b = find(point, other);
    if (point.comparable() && a && b) pairs.push_back({i, &point, a, b});
  }
  return pairs;
}

/// Between two values the logarithm of the ratio is taken for a line. Somewhere
/// from `first` to `last` it changes its sign; the last time counts.
double crossing(const SweepReport& report, const Pair* first,
                const Pair* last) {
  const bool end = last->log_ratio() < 0;
  while (last - 1 != first && ((last - 1)->log_ratio() < 0) == end) --last;
  const double at = (last - 1)->log_ratio(), to = last->log_ratio();
  return std::lerp(static_cast<double>(report.values[(last - 1)->value]),
                   static_cast<double>(report.values[last->value]),
                   at / (at - to));
}

Crossover crossover_of(const SweepReport& report, const Cell* loop,
                       const Cell* other) {
  Crossover found;
  found.loop = loop;
  found.other = other;
  const std::vector<Pair> pairs = pairs_of(report, loop, other);
  found.counted = pairs.size();
  if (pairs.empty()) return found;
  found.last = pairs.back().value;
  found.winner = pairs.back().ahead();
  if (!found.winner) return found;
  std::ptrdiff_t first = std::ssize(pairs) - 1;
  while (first > 0 && pairs[std::size_t(first - 1)].ahead() == found.winner)
    --first;
  found.from = pairs[std::size_t(first)].value;
  found.throughout = first == 0;
  found.tied_below =
      std::all_of(pairs.begin(), pairs.begin() + first,
                  [](const Pair& pair) { return !pair.ahead(); });
  const Cell* const loser = found.winner == loop ? other : loop;
  for (auto i = std::size_t(first); i-- > 0;) {
    if (pairs[i].ahead() != loser) continue;
    found.after = pairs[i].value;
    found.about = crossing(report, &pairs[i], &pairs[std::size_t(first)]);
    break;
  }
  return found;
}

// ---- the runs ----

/// Traces of the values that were measured: the runs of the next ones are
/// forked from here, and must not have them in their memory.
class PutAside {
 public:
  void put(CompareReport& report) {
    const std::size_t point = report.settings.place;
    for (std::size_t cell = 0; cell < report.cells.size(); ++cell)
      for (const Trace& trace : std::exchange(report.cells[cell].traces, {})) {
        if (!store_) store_.emplace();
        kept_.push_back({point, cell, store_->put(trace)});
      }
  }
  void bring_back(SweepReport& report) const {
    for (CompareReport& point : report.points)
      for (const Kept& one : kept_)
        if (one.point == point.settings.place)
          point.cells[one.cell].traces.push_back(store_->get(one.place));
  }

 private:
  struct Kept {
    std::size_t point, cell;
    TraceStore::Place place;
  };
  std::optional<TraceStore> store_;
  std::vector<Kept> kept_;
};

// ---- the conclusion ----

std::string text_of(const SweepReport& report, std::size_t value) {
  return value_text(report.axis, report.values[value]);
}

std::string loser_of(const Crossover& found) {
  return (found.winner == found.loop ? found.other : found.loop)->name();
}

Statements how_far(const SweepReport& report) {
  if (!report.failure.empty())
    return {fmt::format("After {} of {} values: {}.", report.points.size(),
                        report.planned, printable(report.failure))};
  if (report.points.size() < report.planned ||
      std::ranges::any_of(report.points, &CompareReport::interrupted))
    return {
        fmt::format("interrupted: in value {} of {}, in the order measured.",
                    report.points.size(), report.planned)};
  return {};
}

/// Values at which nothing is ranked.
Statements unranked(const SweepReport& report) {
  Statements all;
  for (std::size_t i = 0; i < report.points.size(); ++i) {
    const CompareReport& point = report.points[i];
    if (point.comparable() || point.interrupted || !point.failure.empty())
      continue;
    std::string text = conclude(point);
    std::ranges::replace(text, '\n', ' ');
    all.push_back(fmt::format("At {}: {}", text_of(report, i), text));
  }
  return all;
}

/// What spoils a comparison at single values.
Statements warnings(const SweepReport& report) {
  std::string busy;
  for (std::size_t i = 0; i < report.points.size(); ++i)
    if (report.points[i].comparable() &&
        report.points[i].others.value_or(0) >= busy_share)
      busy += fmt::format("{}{:.0f}% at {}", busy.empty() ? "" : ", ",
                          100 * *report.points[i].others, text_of(report, i));
  if (busy.empty()) return {};
  return {fmt::format(
      "Warning: other programs used much of the CPU ({}). Stop them and rerun.",
      busy)};
}

/// All that can be said holds at values that count, and these may not be all.
std::string among(const SweepReport& report, const Crossover& found) {
  if (found.counted == report.planned) return "every value";
  return fmt::format("every value that is ranked, {} of {}", found.counted,
                     report.planned);
}

/// Values that do not count, on either side of the one that is named.
std::string left_out(const SweepReport& report, const Crossover& found) {
  if (found.counted == report.planned) return "";
  return fmt::format(" Ranked: {} of {} values.", found.counted,
                     report.planned);
}

Statements ahead(const SweepReport& report) {
  Statements all;
  for (const Crossover& found : crossovers(report)) {
    if (!found.winner) continue;
    const std::string winner = found.winner->name();
    const std::string loser = loser_of(found);
    if (found.throughout)
      all.push_back(fmt::format("Ahead: {} of {} at {}.", winner, loser,
                                among(report, found)));
    else if (!found.after)
      all.push_back(
          fmt::format("Ahead: {} of {} from {} on. At lower values {}.{}",
                      winner, loser, text_of(report, found.from),
                      found.tied_below ? "they tie" : "not at all of them",
                      left_out(report, found)));
  }
  return all;
}

Statements turns(const SweepReport& report) {
  Statements all;
  for (const Crossover& found : crossovers(report)) {
    if (!found.after) continue;
    all.push_back(fmt::format(
        "Crossover: {} overtakes {} between {} and {} (about {}).{}",
        found.winner->name(), loser_of(found), text_of(report, *found.after),
        text_of(report, found.from),
        value_text(report.axis,
                   static_cast<std::uint64_t>(std::llround(*found.about))),
        left_out(report, found)));
  }
  return all;
}

Statements ties(const SweepReport& report) {
  Statements all;
  for (const Crossover& found : crossovers(report))
    if (found.counted > 0 && !found.winner)
      all.push_back(fmt::format("Tie: {} and {} at {}{}.", found.other->name(),
                                found.loop->name(), text_of(report, found.last),
                                found.last + 1 == report.planned
                                    ? ""
                                    : ", the highest value that is ranked"));
  return all;
}

Statements no_loop(const SweepReport& report) {
  if (!crossovers(report).empty()) return {};
  return {
      "Nothing compared: no pattern has both async and another model here."};
}

// ---- the knee ----

/// Cells with the same one, and the most that any of them lost beyond it.
struct SameKnee {
  conclusion::Cells cells;
  std::vector<double> losses;
};

/// Where raising the limit stops to pay.
Statements knee(const SweepReport& report) {
  std::map<std::size_t, SameKnee> by_value;
  for (const Knee& found : knees(report)) {
    const std::size_t last = report.points.size() - 1;
    SameKnee& same = by_value[found.at];
    const CellReport& cell = *find(report.points[last], found.cell);
    same.cells.push_back(&cell);
    same.losses.push_back(cell.wall.median / found.wall);
  }
  Statements all;
  for (const auto& [at, same] : by_value) {
    const std::string who = conclusion::names(same.cells);
    const std::string highest = text_of(report, report.points.size() - 1);
    if (at + 1 == report.points.size()) {
      all.push_back(fmt::format("Knee: none up to {} for {}.", highest, who));
      continue;
    }
    all.push_back(fmt::format(
        "Knee: {} for {}. No higher limit here is more than {} faster.",
        text_of(report, at), who, conclusion::percent(worth_a_limit - 1)));
    const auto [low, high] = std::ranges::minmax(same.losses);
    if (high >= worth_a_limit)
      all.push_back(fmt::format(
          "Beyond the knee: at {}, {} {} {} as long as there.", highest, who,
          same.cells.size() == 1 ? "takes" : "take",
          conclusion::range(conclusion::times(low), conclusion::times(high))));
  }
  return all;
}

Statements server(const SweepReport& report) {
  return report.points.empty()
             ? Statements()
             : conclusion::server_limits(report.points.front());
}

}  // namespace

std::string_view to_string(Axis axis) {
  switch (axis) {
    case Axis::limit:
      return "limit";
    case Axis::cpu:
      return "cpu";
    case Axis::items:
      return "items";
  }
  return "";
}

std::uint64_t value_of(Axis axis, const CompareSettings& settings) {
  switch (axis) {
    case Axis::limit:
      return settings.options.limit;
    case Axis::cpu:
      return static_cast<std::uint64_t>(settings.workload.cpu.count());
    case Axis::items:
      break;
  }
  return settings.workload.items;
}

SweepReport sweep(const SweepSettings& settings, const ShowProgress& progress) {
  const std::vector<CompareSettings>& all = settings.points;
  SweepReport report;
  report.axis = settings.axis;
  report.planned = all.size();
  PutAside traces;
  CombinedProgress stages(all.size());
  const auto show = [&](const Progress& now) {
    if (progress) progress(stages.of_all(now));
  };
  std::map<std::size_t, CompareReport> done;  // by the place of its value
  const std::uint64_t seed = all.front().workload.seed;
  const auto order = balanced_rounds(all.size(), 1, seed);
  for (const std::size_t next : order.front()) {
    stages.set_done(done.size());
    try {
      done[next] = compare(all[next], show);
    } catch (const InfrastructureError& error) {
      if (done.empty()) throw;
      report.failure = error.what();
      break;
    }
    traces.put(done[next]);
    report.failure = done[next].failure;
    if (done[next].interrupted || !report.failure.empty()) break;
  }
  for (auto& [place, point] : done) {
    report.values.push_back(value_of(report.axis, all[place]));
    report.points.push_back(std::move(point));
  }
  traces.bring_back(report);
  return report;
}

std::string value_text(Axis axis, std::uint64_t value) {
  if (axis != Axis::cpu) return fmt::format("{}", value);
  return format_duration(
      std::chrono::nanoseconds(static_cast<std::int64_t>(value)));
}

std::vector<Crossover> crossovers(const SweepReport& report) {
  std::vector<Crossover> found;
  if (report.points.empty()) return found;
  const std::vector<CellReport>& cells = report.points.front().cells;
  for (const CellReport& loop : cells) {
    if (!loop.cell->model->has_event_loop()) continue;
    for (const CellReport& other : cells)
      if (other.cell != loop.cell && other.cell->pattern == loop.cell->pattern)
        found.push_back(crossover_of(report, loop.cell, other.cell));
  }
  return found;
}

std::vector<Knee> knees(const SweepReport& report) {
  std::vector<Knee> found;
  if (report.axis != Axis::limit || report.points.size() < 3 ||
      !std::ranges::all_of(report.points, &CompareReport::comparable))
    return found;
  for (const CellReport& cell : report.points.front().cells) {
    const ConcurrencyCap cap = cell.cell->pattern->width;
    if (cap != ConcurrencyCap::limit && cap != ConcurrencyCap::stages) continue;
    std::vector<double> walls;
    for (const CompareReport& point : report.points)
      walls.push_back(find(point, cell.cell)->wall.median);
    const auto at = std::ranges::find_if(walls, [&](double wall) {
      return wall <= worth_a_limit * std::ranges::min(walls);
    });
    found.push_back(
        {cell.cell, static_cast<std::size_t>(at - walls.begin()), *at});
  }
  return found;
}

std::string conclude(const SweepReport& report) {
  return say_all<SweepReport>(report, {how_far, warnings, unranked, turns,
                                       ahead, ties, knee, server, no_loop});
}

}  // namespace interleave
