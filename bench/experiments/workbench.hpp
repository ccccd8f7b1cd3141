// Where experiments run: the origin, the runs, the time scale.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/grid/capacity.hpp"
#include "bench/grid/catalog.hpp"
#include "bench/measure/progress.hpp"
#include "bench/measure/runner.hpp"
#include "bench/origin/process.hpp"
#include "common/item.hpp"
#include "common/options.hpp"

namespace interleave::experiments {

/// What the user may choose.
struct Settings {
  /// Every wait is multiplied by it; 1 is what was published.
  double time_scale = 0.1;

  /// Measured runs of each version; 0: as many as fit into a second, one to
  /// three.
  unsigned runs = 0;

  std::optional<unsigned> limit;      ///< in flight
  std::optional<unsigned> producers;  ///< and how many consumers
  std::optional<unsigned> consumers;
  std::vector<std::string> files;  ///< scans, instead of our own
  bool until_stopped = false;      ///< books: no end but Ctrl-C
  bool keep_traces = false;        ///< in the rows
  bool draw_timelines = false;     ///< of the traces that are kept
};

/// Thread safety: one thread, the only one of its process, which forks.
/// Invariants: nothing of a run is left when it has returned.
class Workbench {
 public:
  explicit Workbench(Settings settings, ShowProgress show = {});

  const Settings& settings() const { return settings_; }

  /// Seconds as they were published, on the time scale of this run.
  std::chrono::nanoseconds scaled(double seconds) const;
  /// Whether waits are at least as long as published, so that what does not
  /// shrink with them is as small a part of a time as it was.
  bool full_scale() const { return settings_.time_scale >= 1; }

  /// Cores the runs may use.
  unsigned cores() const { return cores_; }

  /// Started when it is first asked for; it has a gate.
  origin::Process& origin() { return runner_->origin(); }

  /// The origin of the runs from now on is another one, with this capacity;
  /// shares in it are shares of `replies`, those that a run asks for.
  void serve(const Capacity& capacity, std::size_t replies);

  /// What is shown while runs go on.
  void announce(std::string_view experiment, std::size_t position,
                std::size_t count);
  /// What the bar of the next runs is called, and what it counts; an empty
  /// title is the name of the cell again.
  void title(std::string title, std::string_view unit);
  /// Whether runs are watched item by item.
  void watch(bool on) { watched_ = on; }

  /// One run of `cell`. A conductor finds the gate shut: nothing warms up.
  /// Throws what measure() does, and Interrupted when the user wants no more.
  using Conductor = Runner::Conductor;
  Run run(const Cell& cell, std::span<const Item> items, const Options& options,
          const Conductor& conductor = {});

  /// One run that Ctrl-C ends in order, within a second, as if it had been
  /// planned so.
  Run run_until_stopped(const Cell& cell, std::span<const Item> items,
                        const Options& options, const Conductor& = {});

  /// Whether the user wants no more.
  bool interrupted() const { return runner_->interrupted(); }

  /// As many as the settings ask for.
  std::vector<Run> runs(const Cell& cell, std::span<const Item> items,
                        const Options& options);

 private:
  void show(const Cell& cell, std::uint64_t done, std::size_t items) const;

  Settings settings_;
  ShowProgress show_;
  unsigned cores_ = 1;
  std::optional<Runner> runner_;
  const Clock::time_point began_ = Clock::now();
  std::string_view experiment_;
  std::size_t position_ = 0, count_ = 0;
  std::string title_;
  std::string_view unit_ = "items";
  bool watched_ = true;
};

}  // namespace interleave::experiments
