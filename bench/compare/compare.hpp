// Cells side by side, on equal terms: the schedule of runs and what it found.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "bench/compare/statistics.hpp"
#include "bench/grid/capacity.hpp"
#include "bench/grid/catalog.hpp"
#include "bench/grid/ideal.hpp"
#include "bench/measure/figures.hpp"
#include "bench/measure/progress.hpp"
#include "bench/workload/certificates.hpp"
#include "bench/workload/url_list.hpp"
#include "bench/workload/workload.hpp"

namespace interleave {

struct CompareSettings {
  WorkloadSettings workload;
  Capacity server{};          ///< of the origin
  UrlList url_list;           ///< empty: the workload's own urls
  Certificates certificates;  ///< for https urls of the list
  std::vector<const Cell*> cells;
  Options options;
  unsigned runs = 5;  ///< measured ones, of each cell
  /// Which one this is, from 0, of so many comparisons that are reported
  /// together: the error of what is said of them is shared, and each has orders
  /// of its own.
  std::size_t place = 0, places = 1;
  /// Whether cells with an event loop run once more, uncounted, in which it is
  /// watched how late the loop is.
  bool watch_lag = false;
  /// A run that takes longer is cut short (Watch).
  std::optional<std::chrono::nanoseconds> deadline;
  /// Of which runs the traces are kept; `middle` is the run whose wall time is
  /// the median. They wait in a file and are read back when all is measured.
  enum class Traces { none, last, middle, all } traces = Traces::none;
};

/// What the runs of one cell add up to.
struct CellReport {
  const Cell* cell = nullptr;
  std::vector<Figures> runs;
  std::vector<Trace> traces;  ///< those CompareSettings asks for

  Summary wall;                       ///< ns
  std::vector<std::size_t> outliers;  ///< runs whose wall lies far off
  Summary cpu;                        ///< ns, of a whole run
  Summary peak_rss;                   ///< bytes
  std::optional<Ideal> ideal;         ///< where the items' times are known; of
                                      ///< the most workers granted to a run
  std::size_t width = 0;              ///< most downloads it may have in flight
  std::size_t peak_in_flight = 0;     ///< the most of any run, like the next
  std::size_t peak_held = 0;
  std::uint64_t origin_peak_in_flight = 0;
  SpawnFailures refused;  ///< the most of any run
  /// Medians of the runs' percentiles; max: the longest of any run.
  Percentiles queue_wait, latency;
  std::optional<Percentiles> loop_lag;  ///< of a run apart
  std::uint64_t connections = 0;        ///< median of the runs
  std::uint64_t overtakes = 0;          ///< median of the runs
  std::uint64_t bytes = 0, digest = 0;  ///< of worst_run()
  bool verified = false;  ///< every item of every run completed, and the digest
                          ///< is the one every other cell has
  bool origin_was_bottleneck = false;  ///< its CPU near one core in a run

  double of_ideal() const;      ///< ideal / median wall; 0 unless verified
  double cpu_per_item() const;  ///< ns: median of the runs' user + system
  /// The first of those with the fewest completed items; nullptr without runs.
  const Figures* worst_run() const;
};

/// Reads off the runs of a cell what they add up to; nothing without runs.
void add_figures(CellReport& cell);

/// How often, at most, all that is said of a report may hold a difference where
/// there is none: of times, and of CPU. Together half of 5%; the other half is
/// for noise that is not lognormal.
inline constexpr double time_error = 0.02, cpu_error = 0.005;

struct CompareReport {
  CompareSettings settings;
  std::size_t items = 0;
  std::chrono::nanoseconds items_cpu{};  ///< that all items need by themselves
  unsigned cores = 1;
  /// What other programs took of all cores meanwhile, where that is known.
  std::optional<double> others;
  bool has_origin = false;  ///< its counters stand in the report
  /// Of a server with a capacity: the limit that a client without any time of
  /// its own would choose (ServerReplay::best()), and what it would take.
  std::optional<BestLimit> best;
  std::string date;  ///< UTC, ISO 8601
  std::chrono::nanoseconds took{};
  std::vector<CellReport> cells;  ///< in the order of the grid
  bool interrupted = false;       ///< the user wanted no more
  std::string failure;  ///< what kept the rest from being measured, or nothing
  /// Items lost with their process in runs that are not counted.
  std::size_t lost_uncounted = 0;
  /// How long nothing may happen in a run before it is cut short.
  std::chrono::nanoseconds patience{};
  std::size_t runs_planned = 0, runs_done = 0;  ///< done: to their end

  /// Every item of every run completed and all digests agree: only then do
  /// the times rank anything.
  bool comparable() const;
  bool any_run() const;  ///< that is counted

  // Whether the runs tell two cells apart: what is said of all pairs that may
  // be compared holds at once. Their times, of cells of one pattern, are
  // compared within it; their CPU with that of any cell.
  bool times_differ(const CellReport& a, const CellReport& b) const;
  bool cpu_differs(const CellReport& a, const CellReport& b) const;
  /// The fastest cell of a pattern, and those that the runs do not tell from
  /// it, by their medians. None where nothing is ranked: the report must be
  /// comparable, with more than a run of more than one cell of the pattern.
  std::vector<const CellReport*> leaders(const Pattern& pattern) const;
  /// The sequential cell, when it was compared.
  const CellReport* sequential() const;
};

/// Measures every cell: `runs` rounds over all cells, in balanced_rounds().
/// Each run warms itself up, untimed; for a url list, whose server does not, a
/// round that is not counted comes first. Starts the origin, which a list only
/// warms up with, if the workload needs it. The caller must have one thread.
/// `stop` does what Ctrl-C does. Throws std::invalid_argument and InputError on
/// bad settings, and InfrastructureError when that leaves nothing to report;
/// otherwise it is the report's `failure`.
CompareReport compare(const CompareSettings& settings,
                      const ShowProgress& progress, std::stop_token stop = {});

/// What was seen: a line for each statement, "label: text."
/// (bench/compare/clause.hpp).
std::string conclude(const CompareReport& report);

}  // namespace interleave
