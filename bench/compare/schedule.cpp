#include "bench/compare/schedule.hpp"

#include <algorithm>
#include <array>
#include <random>
#include <utility>

#include "bench/compare/rounds.hpp"
#include "bench/workload/warm_up.hpp"

namespace interleave {

namespace {

bool has_loop(const CellReport& cell) {
  return cell.cell->model->has_event_loop();
}

}  // namespace

Schedule::Schedule(CompareReport& report, std::span<const Item> items,
                   Learnt* learnt, Runner& runner, const ShowProgress& progress)
    : report_(report),
      items_(items),
      learnt_(learnt),
      runner_(runner),
      progress_(progress) {
  if (report.settings.traces != CompareSettings::Traces::none) store_.emplace();
  report.runs_planned = rounds() * report.cells.size() + (learnt_ ? 1 : 0);
  if (report.settings.watch_lag)
    report.runs_planned +=
        static_cast<std::size_t>(std::ranges::count_if(report.cells, has_loop));
  if (progress_)
    runner_.show = [this](const Cell& cell, std::uint64_t ended) {
      show(cell, ended);
    };
}

void Schedule::run_all() {
  std::vector<Round> rounds = orders();
  if (learnt_) {
    const Run first = run(catalog().front());
    report_.lost_uncounted += count_outcomes(first.trace).lost;
    learnt_->expect(first);
    run_uncounted(rounds.front());
    rounds.erase(rounds.begin());
  }
  for (const Round& round : rounds)
    for (const std::size_t which : round) {
      if (report_.interrupted) return;
      CellReport& cell = report_.cells[which];
      const Run run = this->run(*cell.cell);
      // A run cut short says nothing about time; it is better than nothing
      // where there is no other.
      if (!report_.interrupted || cell.runs.empty()) keep(cell, run);
    }
  if (report_.settings.watch_lag) watch_lags();
}

void Schedule::bring_back() {
  using Traces = CompareSettings::Traces;
  for (CellReport& cell : report_.cells) {
    std::vector<TraceStore::Place> places = put_aside_[cell.cell];
    if (report_.settings.traces == Traces::middle && !places.empty())
      places = {middle_of(places)};
    for (const TraceStore::Place& place : places)
      cell.traces.push_back(store_->get(place));
  }
}

/// The one that is not counted included.
std::size_t Schedule::rounds() const {
  return report_.settings.runs + (learnt_ ? 1 : 0);
}

std::vector<Schedule::Round> Schedule::orders() const {
  std::seed_seq seeds{report_.settings.workload.seed,
                      report_.settings.workload.seed >> 32,
                      std::uint64_t{report_.settings.place}};
  std::array<std::uint32_t, 2> halves;
  seeds.generate(halves.begin(), halves.end());
  return balanced_rounds(report_.cells.size(), rounds(),
                         std::uint64_t{halves[0]} << 32 | halves[1]);
}

Run Schedule::run(const Cell& cell, const Options& options) {
  Plan plan;
  plan.items = items_;
  plan.options = options;
  plan.deadline = report_.settings.deadline;
  // The user's server is asked for nothing that is not measured.
  plan.warm_up = learnt_ ? like(items_) : report_.settings.workload;
  Run run = runner_.run(cell, plan);
  report_.interrupted = runner_.interrupted();
  report_.lost_uncounted += run.lost_in_warm_up;
  if (run.cut_short == CutShort::no) ++report_.runs_done;
  if (learnt_) learnt_->lower(run);
  show(cell, 0);
  return run;
}

void Schedule::run_uncounted(const Round& round) {
  for (const std::size_t which : round) {
    if (report_.interrupted) return;
    CellReport& cell = report_.cells[which];
    const Run run = this->run(*cell.cell);
    if (report_.interrupted)
      keep(cell, run);
    else
      report_.lost_uncounted += count_outcomes(run.trace).lost;
  }
}

/// In runs of their own: the timer that tells wakes a loop that would sleep.
void Schedule::watch_lags() {
  Options watched = report_.settings.options;
  watched.watch_lag = true;
  for (CellReport& cell : report_.cells) {
    if (!has_loop(cell) || report_.interrupted) continue;
    const Run run = this->run(*cell.cell, watched);
    report_.lost_uncounted += count_outcomes(run.trace).lost;
    cell.loop_lag = run.loop_lag;
  }
}

/// What is said of a run is read off it here; the rest goes.
void Schedule::keep(CellReport& cell, const Run& run) {
  cell.runs.push_back(figures_of(run));
  if (!store_) return;
  std::vector<TraceStore::Place>& places = put_aside_[cell.cell];
  if (report_.settings.traces == CompareSettings::Traces::last) places.clear();
  places.push_back(store_->put(run.trace));
}

void Schedule::show(const Cell& cell, std::uint64_t items_done) const {
  if (!progress_) return;
  Progress progress;
  progress.what = cell.name();
  progress.runs_done = report_.runs_done;
  progress.runs_planned = report_.runs_planned;
  progress.items_done = report_.runs_done * items_.size() + items_done;
  progress.items_planned = report_.runs_planned * items_.size();
  progress.elapsed = Clock::now() - began_;
  progress_(progress);
}

}  // namespace interleave
