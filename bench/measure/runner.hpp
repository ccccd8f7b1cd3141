// The way of every measured run: its origin, its warm-up, who looks on, its
// fresh child.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stop_token>

#include "bench/grid/catalog.hpp"
#include "bench/measure/measure.hpp"
#include "bench/origin/process.hpp"
#include "bench/origin/settings.hpp"
#include "bench/workload/workload.hpp"
#include "common/item.hpp"
#include "common/options.hpp"

namespace interleave {

/// What a run has to do.
struct Plan {
  std::span<const Item> items;  ///< they outlive it
  Options options;
  /// What it does first, uncounted (warm_up_items()); nothing: it begins cold.
  std::optional<WorkloadSettings> warm_up;
  /// A run that takes longer is cut short.
  std::optional<std::chrono::nanoseconds> deadline;
  std::chrono::nanoseconds grace = std::chrono::seconds(2);  ///< see Watch
  RunCell in_its_place;                                      ///< see Watch
};

/// How long nothing may begin or end while a run is still making progress: the
/// longest transfers, and processing, in the worst case that of every item at
/// the same time on one core.
std::chrono::nanoseconds patience_for(std::span<const Item> items,
                                      const Options& options);

/// Thread safety: one thread, the only one of its process, which forks.
/// Invariants: nothing of a run is left when it has returned.
class Runner {
 public:
  /// Raises this process's limit of open descriptors as far as it may. `origin`
  /// is where items are asked for; `stop` does what Ctrl-C does.
  explicit Runner(origin::Settings origin = {}, std::stop_token stop = {});

  /// Started when it is first asked for. From then on every run is counted
  /// there.
  origin::Process& origin();
  /// The urls of items there; starts it when it is first called.
  UrlOf urls();

  /// Called a few times a second while a run goes on, with the number of its
  /// items that have an outcome.
  std::function<void(const Cell&, std::uint64_t ended)> show;

  /// Works while a run goes on, in a process of its own. It is given the
  /// control of the run, and is ended with it.
  using Conductor = std::function<void(RunControl&)>;

  /// One run of `cell`. Throws what measure() does.
  Run run(const Cell& cell, const Plan& plan, const Conductor& conductor = {});

  /// What the origin has used; zero where there is none.
  std::chrono::nanoseconds origin_cpu() const {
    return origin_ ? origin_->cpu() : std::chrono::nanoseconds();
  }

  /// Whether the user, or `stop`, wants no more runs.
  bool interrupted() const;

 private:
  const origin::Settings where_;
  const std::stop_token stop_;
  std::optional<origin::Process> origin_;
};

}  // namespace interleave
