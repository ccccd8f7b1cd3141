// What the runs of a comparison add up to.

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>

#include "bench/compare/compare.hpp"

namespace interleave {

namespace {

/// The median of each percentile; the longest of all.
Percentiles typical(const std::vector<Figures>& runs,
                    Percentiles Figures::* figure) {
  std::vector<double> p50, p99;
  Percentiles all;
  for (const Figures& run : runs) {
    const Percentiles& one = run.*figure;
    p50.push_back(static_cast<double>(one.p50.count()));
    p99.push_back(static_cast<double>(one.p99.count()));
    all.max = std::max(all.max, one.max);
  }
  const auto median = [](const std::vector<double>& values) {
    return Clock::duration(std::llround(summarise(values).median));
  };
  all.p50 = median(p50);
  all.p99 = median(p99);
  return all;
}

/// Medians, over the runs.
void add_times(CellReport& cell) {
  const auto sample = [&](auto value) {
    std::vector<double> values;
    for (const Figures& run : cell.runs)
      values.push_back(static_cast<double>(std::invoke(value, run)));
    return values;
  };
  const auto summary = [&](auto value) { return summarise(sample(value)); };
  const auto median_count = [&](auto figure) {
    return static_cast<std::uint64_t>(std::llround(summary(figure).median));
  };
  const auto wall = [](const Figures& run) { return run.wall.count(); };
  cell.wall = summary(wall);
  cell.outliers = outliers(sample(wall));
  cell.cpu = summary([](const Figures& run) {
    return (run.cpu.user + run.cpu.system).count();
  });
  cell.peak_rss = summary(&Figures::peak_rss_bytes);
  cell.connections = median_count(&Figures::connections);
  cell.overtakes = median_count(&Figures::overtakes);
  cell.queue_wait = typical(cell.runs, &Figures::queue_wait);
  cell.latency = typical(cell.runs, &Figures::latency);
}

/// The most of any run, and what the worst one brought.
void add_extremes(CellReport& cell) {
  for (const Figures& run : cell.runs) {
    const auto raise = [](auto& most, auto figure) {
      most = std::max(most, figure);
    };
    raise(cell.refused.workers, run.refused.workers);
    raise(cell.refused.tasks, run.refused.tasks);
    raise(cell.peak_in_flight, run.peak_in_flight);
    raise(cell.peak_held, run.peak_held);
    raise(cell.origin_peak_in_flight, run.origin_peak_in_flight);
    cell.origin_was_bottleneck |= run.origin_cpu > 0.9 * run.wall;
  }
  cell.bytes = cell.worst_run()->bytes;
  cell.digest = cell.worst_run()->digest;
}

}  // namespace

void add_figures(CellReport& cell) {
  if (cell.runs.empty()) return;
  add_times(cell);
  add_extremes(cell);
}

double CellReport::of_ideal() const {
  if (!ideal || wall.median == 0 || !verified) return 0;
  return static_cast<double>(ideal->time.count()) / wall.median;
}

double CellReport::cpu_per_item() const {
  if (runs.empty() || runs.front().items == 0) return 0;
  return cpu.median / static_cast<double>(runs.front().items);
}

const Figures* CellReport::worst_run() const {
  const auto worst = std::ranges::min_element(
      runs, {}, [](const Figures& run) { return run.tally.completed; });
  return worst == runs.end() ? nullptr : &*worst;
}

bool CompareReport::times_differ(const CellReport& a,
                                 const CellReport& b) const {
  std::map<const Pattern*, std::size_t> sizes;
  for (const CellReport& cell : cells) ++sizes[cell.cell->pattern];
  std::size_t pairs = 0;
  for (const auto& [pattern, size] : sizes) pairs += size * (size - 1) / 2;
  return a.cell->pattern == b.cell->pattern &&
         differ(a.wall, b.wall, time_error / double(pairs * settings.places));
}

bool CompareReport::cpu_differs(const CellReport& a,
                                const CellReport& b) const {
  const std::size_t pairs = cells.size() * (cells.size() - 1) / 2;
  return differ(a.cpu, b.cpu, cpu_error / double(pairs * settings.places));
}

std::vector<const CellReport*> CompareReport::leaders(
    const Pattern& pattern) const {
  if (!comparable() || settings.runs < 2) return {};
  std::vector<const CellReport*> group;
  for (const CellReport& cell : cells)
    if (cell.cell->pattern == &pattern) group.push_back(&cell);
  if (group.size() < 2) return {};
  std::ranges::stable_sort(
      group, {}, [](const CellReport* cell) { return cell->wall.median; });
  std::erase_if(group, [&, first = group.front()](const CellReport* cell) {
    return times_differ(*first, *cell);
  });
  return group;
}

bool CompareReport::any_run() const {
  return std::ranges::any_of(
      cells, [](const CellReport& cell) { return !cell.runs.empty(); });
}

bool CompareReport::comparable() const {
  return !interrupted && failure.empty() &&
         std::ranges::all_of(cells, &CellReport::verified);
}

const CellReport* CompareReport::sequential() const {
  for (const CellReport& cell : cells)
    if (cell.cell == &catalog().front() && !cell.runs.empty()) return &cell;
  return nullptr;
}

}  // namespace interleave
