#include "bench/sweep.hpp"

#include <fmt/format.h>

#include <cmath>

#include "bench/units.hpp"

namespace interleave {

namespace {

/// Two cells at one value.
struct Pair {
  std::size_t value;  // its index
  const CellReport *loop, *other;

  double log_ratio() const {
    return std::log(other->wall.median / loop->wall.median);
  }
  const Cell* ahead() const {
    if (overlap(loop->wall, other->wall)) return nullptr;
    return log_ratio() < 0 ? other->cell : loop->cell;
  }
};

const CellReport* find(const CompareReport& report, const Cell* cell) {
  for (const CellReport& one : report.cells)
    if (one.cell == cell && one.verified) return &one;
  return nullptr;
}

std::vector<Pair> pairs_of(const SweepReport& report, const Cell* loop,
                           const Cell* other) {
  std::vector<Pair> pairs;
  for (std::size_t i = 0; i < report.points.size(); ++i) {
    const CellReport* const a = find(report.points[i], loop);
    const CellReport* const b = find(report.points[i], other);
    if (a && b) pairs.push_back({i, a, b});
  }
  return pairs;
}

/// Between two values the logarithm of the ratio is taken for a line.
double crossing(const SweepReport& report, const Pair& before,
                const Pair& after) {
  const auto low = static_cast<double>(report.values[before.value]);
  const auto high = static_cast<double>(report.values[after.value]);
  const double at = before.log_ratio(), to = after.log_ratio();
  // Ahead already, if not by more than noise: it happened before, or here.
  if ((at < 0) == (to < 0)) return low;
  return std::lerp(low, high, at / (at - to));
}

Crossover crossover_of(const SweepReport& report, const Cell* loop,
                       const Cell* other) {
  Crossover found{loop, other, nullptr, 0, {}};
  const std::vector<Pair> pairs = pairs_of(report, loop, other);
  if (pairs.empty()) return found;
  found.winner = pairs.back().ahead();
  if (!found.winner) return found;
  std::size_t first = pairs.size() - 1;
  while (first > 0 && pairs[first - 1].ahead() == found.winner) --first;
  if (first == 0) return found;
  found.from = pairs[first].value;
  found.about = crossing(report, pairs[first - 1], pairs[first]);
  return found;
}

/// "threads/queue overtakes async/queue between 5 ms and 10 ms".
std::string sentence(const SweepReport& report, const Crossover& found) {
  const std::string other = found.other->name(), loop = found.loop->name();
  if (!found.winner)
    return fmt::format("{} and {} tie at the end.", other, loop);
  const bool loop_wins = found.winner == found.loop;
  const std::string& first = loop_wins ? loop : other;
  const std::string& second = loop_wins ? other : loop;
  if (!found.about)
    return fmt::format("{} is ahead of {} throughout.", first, second);
  const auto text = [&](std::uint64_t value) {
    return value_text(report.axis, value);
  };
  return fmt::format(
      "{} overtakes {} between {} and {} (about {}).", first, second,
      text(report.values[found.from - 1]), text(report.values[found.from]),
      text(static_cast<std::uint64_t>(std::llround(*found.about))));
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
    if (loop.cell->model->name != "async") continue;
    for (const CellReport& other : cells)
      if (other.cell != loop.cell && other.cell->pattern == loop.cell->pattern)
        found.push_back(crossover_of(report, loop.cell, other.cell));
  }
  return found;
}

std::string conclude(const SweepReport& report) {
  std::string text;
  if (!report.failure.empty())
    text = fmt::format("After {} of {} values, {}. ", report.points.size(),
                       report.values.size(), report.failure);
  else if (report.points.size() < report.values.size() ||
           report.points.back().interrupted)
    text = fmt::format("interrupted: at value {} of {}. ", report.points.size(),
                       report.values.size());
  for (const CompareReport& point : report.points)
    if (!point.comparable() && !point.interrupted)
      text += fmt::format(
          "At {}, {} ",
          value_text(report.axis, report.values[static_cast<std::size_t>(
                                      &point - report.points.data())]),
          conclude(point) + " ");
  for (const Crossover& found : crossovers(report))
    text += sentence(report, found) + ' ';
  if (text.empty())
    text =
        "No pattern has both async and another model here, so nothing is "
        "held against a single loop. ";
  text.pop_back();
  return text;
}

}  // namespace interleave
