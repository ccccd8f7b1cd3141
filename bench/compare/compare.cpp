#include "bench/compare/compare.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <ctime>
#include <functional>
#include <map>
#include <numeric>
#include <random>

#include "bench/compare/rounds.hpp"
#include "bench/measure/descriptors.hpp"
#include "bench/measure/learnt.hpp"
#include "bench/measure/neighbours.hpp"
#include "bench/measure/trace_store.hpp"
#include "bench/text/interrupt.hpp"
#include "bench/workload/spread.hpp"
#include "bench/workload/warm_up.hpp"

namespace interleave {

namespace {

unsigned available_cores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return std::max(1u, static_cast<unsigned>(CPU_COUNT(&set)));
}

std::string utc_now() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

/// A run that would die for want of descriptors in its middle is refused
/// before it starts.
void require_descriptors(const CompareSettings& settings,
                         std::span<const Item> items) {
  const std::size_t limit = raise_descriptor_limit();
  const bool connecting = connects(items);
  for (const Cell* cell : settings.cells) {
    const std::size_t needs =
        descriptors_needed(*cell, items.size(), settings.options, connecting);
    if (needs <= limit) continue;
    throw InfrastructureError(fmt::format(
        "{} needs {} file descriptors, and the limit is {}: raise it (ulimit "
        "-n), or take fewer items or a lower limit",
        cell->name(), needs, limit));
  }
}

/// How long nothing may begin or end while a run is still making progress: the
/// longest transfers, and processing, in the worst case that of every item at
/// the same time on one core.
std::chrono::nanoseconds patience_for(std::span<const Item> items,
                                      const Options& options) {
  const std::chrono::nanoseconds timeout = options.timeout;
  std::chrono::nanoseconds first{}, second{}, cpu{};
  for (const Item& item : items) {
    first = std::max({first, timeout, item.wait + item.delay});
    if (!item.then.empty())
      second = std::max({second, timeout, item.then_wait});
    cpu += item.cpu;
  }
  return first + second + 2 * cpu + std::chrono::seconds(10);
}

const Cell& sequential_cell() {
  return catalog().front();
}

/// The schedule of one compare: who runs when, and what is shown meanwhile.
class Schedule {
 public:
  /// `learnt` is that of the items, if they are a list's.
  Schedule(CompareReport& report, std::span<const Item> items, Learnt* learnt,
           origin::Process* origin,
           const std::function<void(const Progress&)>& progress,
           std::stop_token stop)
      : report_(report),
        items_(items),
        learnt_(learnt),
        origin_(origin),
        progress_(progress),
        stop_(std::move(stop)),
        began_(Clock::now()) {
    if (report.settings.traces != CompareSettings::Traces::none)
      store_.emplace();
    const std::size_t rounds = report.settings.runs + (learnt_ ? 1 : 0);
    report.runs_planned = rounds * report.cells.size() + (learnt_ ? 1 : 0);
    if (report.settings.watch_lag)
      report.runs_planned += static_cast<std::size_t>(
          std::ranges::count_if(report.cells, has_loop));
  }

  /// The rounds that are counted; before them, for a list, one that is not: the
  /// server is then no colder for the first than for the last.
  void run_all() {
    std::vector<std::vector<std::size_t>> rounds = orders();
    if (learnt_) {
      const Run first = run(sequential_cell());
      report_.lost_uncounted += tally(first.trace).lost;
      learnt_->expect(first);
      run_uncounted(rounds.front());
      rounds.erase(rounds.begin());
    }
    for (const std::vector<std::size_t>& round : rounds)
      for (const std::size_t which : round) {
        if (report_.interrupted) return;
        CellReport& cell = report_.cells[which];
        Run run = this->run(*cell.cell);
        // A run cut short says nothing about time; it is better than nothing
        // where there is no other.
        if (!report_.interrupted || cell.runs.empty())
          keep(cell, std::move(run));
      }
    if (report_.settings.watch_lag) watch_lags();
  }

  /// The traces that were put aside.
  void bring_back() {
    using Traces = CompareSettings::Traces;
    for (CellReport& cell : report_.cells) {
      std::vector<TraceStore::Place> places = put_aside_[cell.cell];
      if (report_.settings.traces == Traces::middle && !places.empty())
        places = {middle_of(places)};
      for (const TraceStore::Place& place : places)
        cell.traces.push_back(store_->get(place));
    }
  }

 private:
  static bool has_loop(const CellReport& cell) {
    return cell.cell->model->has_event_loop();
  }

  /// In runs of their own: the timer that tells wakes a loop that would sleep.
  void watch_lags() {
    Options watched = report_.settings.options;
    watched.watch_lag = true;
    for (CellReport& cell : report_.cells) {
      if (!has_loop(cell) || report_.interrupted) continue;
      const Run run = this->run(*cell.cell, watched);
      report_.lost_uncounted += tally(run.trace).lost;
      cell.loop_lag = run.loop_lag;
    }
  }

  /// Of all rounds, the one that is not counted included.
  std::vector<std::vector<std::size_t>> orders() const {
    std::seed_seq seeds{report_.settings.workload.seed,
                        report_.settings.workload.seed >> 32,
                        std::uint64_t{report_.settings.place}};
    std::array<std::uint32_t, 2> halves;
    seeds.generate(halves.begin(), halves.end());
    return balanced_rounds(report_.cells.size(),
                           report_.settings.runs + (learnt_ ? 1 : 0),
                           std::uint64_t{halves[0]} << 32 | halves[1]);
  }

  Run run(const Cell& cell) { return run(cell, report_.settings.options); }

  Run run(const Cell& cell, const Options& options) {
    const SharedControl control;
    Watch watch;
    watch.control = control.get();
    const std::vector<Item> warm_up =
        warm_up_items(warm_up_workload(), cell, options,
                      origin_ ? urls_at(*origin_) : UrlOf());
    watch.warm_up = warm_up;
    watch.stop = stop_;
    watch.deadline = report_.settings.deadline;
    watch.patience = report_.patience;
    watch.tick = [&](const Control& now) {
      show(cell, now.ended.load(std::memory_order_relaxed));
    };
    Run run = measure(cell, items_, options, origin_, watch);
    report_.interrupted = interrupted_by() != 0 || stop_.stop_requested();
    report_.lost_uncounted += run.lost_in_warm_up;
    if (run.cut_short == CutShort::no) ++report_.runs_done;
    if (learnt_) learnt_->lower(run);
    show(cell, 0);
    return run;
  }

  /// A list warms up with pages as long as its own, from the suite's origin:
  /// the user's server is asked for nothing that is not measured.
  WorkloadSettings warm_up_workload() const {
    if (!learnt_) return report_.settings.workload;
    WorkloadSettings pages = recipe("pages").defaults;
    pages.items = items_.size();
    pages.bytes = mean_bytes(items_).value_or(pages.bytes);
    return pages;
  }

  void run_uncounted(const std::vector<std::size_t>& round) {
    for (const std::size_t which : round) {
      if (report_.interrupted) return;
      CellReport& cell = report_.cells[which];
      Run run = this->run(*cell.cell);
      if (report_.interrupted)
        keep(cell, std::move(run));
      else
        report_.lost_uncounted += tally(run.trace).lost;
    }
  }

  /// What is said of a run is read off it here; the rest goes.
  void keep(CellReport& cell, Run run) {
    using Traces = CompareSettings::Traces;
    cell.runs.push_back(figures_of(run));
    if (!store_) return;
    std::vector<TraceStore::Place>& places = put_aside_[cell.cell];
    if (report_.settings.traces == Traces::last) places.clear();
    places.push_back(store_->put(run.trace));
  }

  void show(const Cell& cell, std::uint64_t items_done) const {
    if (!progress_) return;
    const std::string name = cell.name();
    Progress progress;
    progress.cell = name;
    progress.runs_done = report_.runs_done;
    progress.runs_planned = report_.runs_planned;
    progress.items_done = report_.runs_done * items_.size() + items_done;
    progress.items_planned = report_.runs_planned * items_.size();
    progress.elapsed = Clock::now() - began_;
    progress_(progress);
  }

  CompareReport& report_;
  std::span<const Item> items_;
  Learnt* learnt_;
  origin::Process* origin_;
  const std::function<void(const Progress&)>& progress_;
  std::stop_token stop_;
  Clock::time_point began_;
  std::optional<TraceStore> store_;
  std::map<const Cell*, std::vector<TraceStore::Place>> put_aside_;
};

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

void add_up(CellReport& cell, std::span<const Item> items,
            Clock::duration transfers, const Options& options) {
  cell.width = cell.cell->width(items.size(), options);
  std::size_t fewest_refused = cell.runs.empty() ? 0 : options.limit;
  for (const Figures& run : cell.runs)
    fewest_refused = std::min(fewest_refused, run.refused.workers);
  // A bound of every run, so of the one that got the most workers.
  cell.ideal = ideal(*cell.cell, Workload(items),
                     granted(*cell.cell, options, fewest_refused),
                     options.cores, transfers);
  add_figures(cell);
}

/// A cell is verified when all of its runs did the whole job and did the job
/// that the first complete cell did.
void verify(CompareReport& report) {
  const auto complete = [&](const Figures& run) {
    return run.tally.completed == report.items;
  };
  std::optional<std::uint64_t> reference;
  for (CellReport& cell : report.cells) {
    cell.verified =
        !cell.runs.empty() && std::ranges::all_of(cell.runs, complete);
    if (!cell.verified) continue;
    if (!reference) reference = cell.digest;
    cell.verified = std::ranges::all_of(cell.runs, [&](const Figures& run) {
      return run.digest == *reference;
    });
  }
}

/// What processing all items takes, by itself.
Clock::duration cpu_of(std::span<const Item> items) {
  Clock::duration cpu{};
  for (const Item& item : items) cpu += item.cpu;
  return cpu;
}

origin::Settings origin_for(const CompareSettings& settings) {
  origin::Settings where;
  where.addresses =
      addresses_for(settings.cells, settings.workload.items, settings.options);
  return where;
}

CompareReport prepare(const CompareSettings& settings) {
  CompareReport report;
  report.settings = settings;
  report.date = utc_now();
  report.cores = report.settings.options.cores = available_cores();
  for (const Cell* cell : settings.cells) {
    report.cells.emplace_back();
    report.cells.back().cell = cell;
  }
  return report;
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
    if (cell.cell == &sequential_cell() && !cell.runs.empty()) return &cell;
  return nullptr;
}

CompareReport compare(const CompareSettings& settings,
                      const std::function<void(const Progress&)>& progress,
                      std::stop_token stop) {
  const Clock::time_point began = Clock::now();
  const Neighbours neighbours;
  CompareReport report = prepare(settings);
  const bool from_list = !settings.url_list.empty();
  std::optional<origin::Process> origin;
  if (from_list || recipe(settings.workload.name).needs_origin)
    origin.emplace(origin_for(settings));
  report.has_origin = origin && !from_list;  // a list's only warms up
  std::vector<Item> items =
      from_list
          ? *settings.url_list.items
          : make_items(settings.workload, origin ? urls_at(*origin) : UrlOf());
  report.items = items.size();
  if (from_list)
    report.settings.options.trust = find_trust(settings.certificates, items);
  require_descriptors(settings, items);
  report.patience = patience_for(items, settings.options);
  Learnt learnt(items);
  Schedule schedule(report, items, from_list ? &learnt : nullptr,
                    origin ? &*origin : nullptr, progress, std::move(stop));
  try {
    schedule.run_all();
  } catch (const InfrastructureError& error) {
    // What was measured before still stands.
    if (!report.any_run()) throw;
    report.failure = error.what();
  }
  schedule.bring_back();

  report.items_cpu = learnt.transfers() + cpu_of(items);
  for (CellReport& cell : report.cells)
    add_up(cell, items, learnt.transfers(), report.settings.options);
  verify(report);
  report.others = neighbours.share(origin ? origin->cpu() : Clock::duration());
  report.took = Clock::now() - began;
  return report;
}

}  // namespace interleave
