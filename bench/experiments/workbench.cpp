#include "bench/experiments/workbench.hpp"

#include <utility>

#include "bench/measure/context.hpp"
#include "bench/workload/warm_up.hpp"

namespace interleave::experiments {

namespace {

using namespace std::chrono_literals;

/// Runs of one version that fit into this much time are repeated.
constexpr std::chrono::nanoseconds enough = 1s;
constexpr unsigned most_runs = 3;

}  // namespace

Workbench::Workbench(Settings settings, ShowProgress show)
    : settings_(std::move(settings)),
      show_(std::move(show)),
      cores_(usable_cores()),
      runner_(std::in_place, origin::Settings{.gate = true}) {}

void Workbench::serve(const Capacity& capacity, std::size_t replies) {
  runner_.emplace(
      origin::Settings{.gate = true, .capacity = capacity, .replies = replies});
}

std::chrono::nanoseconds Workbench::scaled(double seconds) const {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(seconds * settings_.time_scale));
}

void Workbench::announce(std::string_view experiment, std::size_t position,
                         std::size_t count) {
  experiment_ = experiment;
  position_ = position;
  count_ = count;
  title({}, "items");
  watch(true);
}

void Workbench::title(std::string title, std::string_view unit) {
  title_ = std::move(title);
  unit_ = unit;
}

void Workbench::show(const Cell& cell, std::uint64_t done,
                     std::size_t items) const {
  Progress progress;
  progress.part = experiment_;
  progress.position = position_;
  progress.parts = count_;
  progress.what = cell.name();
  if (!title_.empty()) progress.what += ": " + title_;
  progress.unit = unit_;
  progress.items_done = done;
  progress.items_planned = items;
  progress.elapsed = Clock::now() - began_;
  progress.alike = false;
  show_(progress);
}

Run Workbench::run(const Cell& cell, std::span<const Item> items,
                   const Options& options, const Conductor& conductor) {
  Run run = run_until_stopped(cell, items, options, conductor);
  if (runner_->interrupted()) throw Interrupted("interrupted");
  return run;
}

Run Workbench::run_until_stopped(const Cell& cell, std::span<const Item> items,
                                 const Options& options,
                                 const Conductor& conductor) {
  Plan plan;
  plan.items = items;
  plan.options = options;
  if (!conductor) plan.warm_up = like(items);  // at a gate nothing comes first
  runner_->show = nullptr;
  if (watched_ && show_)
    runner_->show = [&](const Cell& shown, std::uint64_t ended) {
      show(shown, ended, items.size());
    };
  return runner_->run(cell, plan, conductor);
}

std::vector<Run> Workbench::runs(const Cell& cell, std::span<const Item> items,
                                 const Options& options) {
  std::vector<Run> runs;
  const auto began = Clock::now();
  const unsigned most = settings_.runs ? settings_.runs : most_runs;
  while (runs.size() < most) {
    runs.push_back(run(cell, items, options));
    const auto took = Clock::now() - began;
    const auto next = took / static_cast<std::int64_t>(runs.size());
    if (settings_.runs == 0 && took + next > enough) break;
  }
  return runs;
}

}  // namespace interleave::experiments
