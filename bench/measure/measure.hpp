// One run of one cell, in a fresh child process.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <stop_token>
#include <string_view>

#include "bench/grid/catalog.hpp"
#include "bench/measure/fresh_child.hpp"
#include "bench/measure/percentiles.hpp"
#include "bench/measure/watchdog.hpp"
#include "bench/origin/process.hpp"
#include "bench/text/shared_memory.hpp"
#include "common/options.hpp"
#include "common/trace.hpp"
#include "common/usage.hpp"

namespace interleave {

/// What one run brought beside its trace: plain data, as its child sends it.
struct RunFacts {
  CpuTime cpu;                       ///< of the pattern, children included
  std::uint64_t peak_rss_bytes = 0;  ///< summed over the model's processes
  /// Of it, what was there before the run: the harness, and its items.
  std::uint64_t inherited_rss_bytes = 0;

  // As the origin counted; zero without one.
  std::uint64_t connections = 0;
  std::uint64_t origin_peak_in_flight = 0;
  std::uint64_t origin_requests = 0;
  std::chrono::nanoseconds origin_cpu{};
  // Of an origin with a capacity (origin::Counters).
  std::uint64_t refused_429 = 0, refused_503 = 0, early_retries = 0;
  std::uint64_t origin_peak_in_service = 0, origin_peak_queued = 0;
  std::chrono::nanoseconds origin_wait{}, origin_service{};  ///< sums

  std::size_t lost_in_warm_up = 0;  ///< items, with the process that held them
  SpawnFailures refused;            ///< by the system
  /// Items of which the control told an outcome as it came.
  std::uint64_t outcomes_told = 0;

  /// Of the event loop, where it was watched (Options::watch_lag).
  std::optional<Percentiles> loop_lag;

  CutShort cut_short = CutShort::no;
  /// Its process had to be killed, and what it knew is gone: every item is
  /// lost.
  bool killed = false;
};

/// What one run brought.
struct Run : RunFacts {
  Trace trace;
};

/// The user wanted no more, and there is nothing to show for what was done.
class Interrupted : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What is called in the child in place of Cell::run.
using RunCell = std::function<Results(Workload items, const Options& options)>;

/// Memory shared with the child that runs a cell, and how progress is shown.
struct Watch {
  RunControl* control = nullptr;
  /// Called a few times a second while the child runs; may be empty.
  std::function<void(const RunControl&)> tick;

  // A run is cut short by the user (Ctrl-C, SIGTERM), by `stop`, by a deadline
  // or by a stall. Then no item is started any more; those that run may finish
  // in three quarters of the grace period, and are cancelled then; a process
  // that is not home after one more grace period is killed. In a stall there is
  // nothing to wait for: cancelling comes at once.

  /// Does what Ctrl-C does; looked at ten times a second.
  std::stop_token stop;
  /// The run is cut short after this long, its warm-up not counted.
  std::optional<std::chrono::nanoseconds> deadline;
  /// The run is cut short when no item has begun or ended for this long.
  std::chrono::nanoseconds patience = std::chrono::minutes(10);
  std::chrono::nanoseconds grace = std::chrono::seconds(2);

  /// What the child runs first, untimed and uncounted, so that the run does not
  /// pay for what happens once in a process: the first touch of its memory and
  /// of its libraries. May be empty; must not be what the origin holds back.
  std::span<const Item> warm_up;

  /// For who has to look at a run from inside; may be empty.
  RunCell in_its_place;
};

/// Runs `cell` in a child of its own and returns what it recorded. `origin` is
/// nullptr for a workload that needs none. The caller must have one thread. A
/// run that was cut short is returned with what it came to. Throws
/// InfrastructureError.
Run measure(const Cell& cell, std::span<const Item> items,
            const Options& options, origin::Process* origin,
            const Watch& watch);

/// A RunControl that children share.
using SharedControl = SharedMemory<RunControl>;

}  // namespace interleave
