#include "bench/report/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <concepts>
#include <functional>
#include <stdexcept>

#include "bench/report/facts.hpp"
#include "bench/text/text.hpp"

namespace interleave {

namespace {

using enum Unit;
using enum Better;
using Shown = Metric::Shown;
using C = CellReport;
using F = Figures;

// ---- how figures are read ----

Value value_of(bool truth) {
  return truth;
}

Value value_of(std::integral auto count) {
  return static_cast<std::int64_t>(count);
}

Value value_of(std::chrono::nanoseconds time) {
  return std::int64_t{time.count()};
}

Value value_of(double number) {
  return std::isfinite(number) ? Value(number) : Value();
}

Value value_of(std::string_view text) {
  return text.empty() ? Value() : Value(std::string(text));
}

Value value_of(LimitingFactor bound) {
  return value_of(to_string(bound));
}

Value value_of(CutShort why) {
  return why == CutShort::no ? Value() : value_of(to_string(why));
}

/// Goes from member to member; unknown where an optional one is not there.
template <auto Member, auto... Path>
Value read(const auto& object) {
  if constexpr (requires { object.has_value(); })
    return object ? read<Member, Path...>(*object) : Value();
  else if constexpr (sizeof...(Path) > 0)
    return read<Path...>(std::invoke(Member, object));
  else
    return value_of(std::invoke(Member, object));
}

template <auto... Path>
Value cell(const CompareReport&, const CellReport& cell) {
  return read<Path...>(cell);
}

template <auto Member>
Value median(const CompareReport&, const CellReport& cell) {
  return read<Member, &Summary::median>(cell);
}

/// Of a figure that runs have; 0 without runs.
template <auto... Path>
Value median_of_runs(const CompareReport&, const CellReport& cell) {
  std::vector<double> values;
  for (const Figures& run : cell.runs)
    values.push_back(number_of(read<Path...>(run)));
  return values.empty() ? 0.0 : summarise(values).median;
}

/// Of a count that runs have; 0 without runs.
template <auto Member>
Value most_of_runs(const CompareReport&, const CellReport& cell) {
  std::uint64_t most = 0;
  for (const Figures& run : cell.runs) most = std::max(most, run.*Member);
  return value_of(most);
}

template <auto... Path>
Value run(const Figures& run) {
  return read<Path...>(run);
}

template <auto Member>
Value best(const CompareReport& report, const CellReport&) {
  return report.best ? value_of(std::invoke(Member, *report.best)) : Value();
}

/// As of the worst run.
template <auto Member>
Value outcome(const CompareReport& report, const CellReport& cell) {
  const Figures* worst = cell.worst_run();
  return value_of((worst ? worst->tally : Tally{.not_run = report.items}).*
                  Member);
}

std::string hex(std::uint64_t digest) {
  return fmt::format("{:016x}", digest);
}

constexpr std::string_view no_ideal = "without an ideal";
constexpr std::string_view no_capacity = "on a server without limits";
constexpr std::string_view no_loop = "without an event loop, or `--wide`";

constexpr std::size_t seldom = 100;  // ranks of columns that are seldom wanted

const Metric all_metrics[] = {
    {"cell", word, neither, "model and pattern", cell<&C::cell, &Cell::name>},
    {"model", word, neither, "what runs the items at the same time",
     cell<&C::cell, &Cell::model, &Model::name>, nullptr, "model"},
    {"pattern", word, neither, "how the items are arranged",
     cell<&C::cell, &Cell::pattern, &Pattern::name>},
    {"limit", count, neither, "value of `--limit`",
     [](const CompareReport& report, const C&) {
       return value_of(report.settings.options.limit);
     }},
    {"items", count, neither, "items of a run",
     [](const CompareReport& report, const C&) {
       return value_of(report.items);
     }},
    {"runs", count, neither, "counted runs; in JSON a list of them",
     [](const CompareReport&, const C& cell) {
       return value_of(cell.runs.size());
     }},
    {"wall_ns", ms, lower,
     "wall time of the pattern's call: median of the runs", median<&C::wall>,
     run<&F::wall>, "wall", 1},
    {"spread", share, neither,
     "half of the median's interval / median; ties take more",
     [](const CompareReport&, const C& cell) {
       return cell.runs.size() < 2 ? Value() : value_of(cell.wall.spread());
     },
     nullptr, "", 1, "with one run", Shown::always, "±"},
    {"wall_ns_low", ms, neither, "lower end of the median's interval",
     cell<&C::wall, &Summary::low>},
    {"wall_ns_high", ms, neither, "upper end of the median's interval",
     cell<&C::wall, &Summary::high>},
    {"confidence", share, neither,
     "how often such an interval holds the true median (0: one run)",
     cell<&C::wall, &Summary::confidence>},
    {"outliers", count, neither,
     "runs whose wall time is far from the others, still counted; in JSON a "
     "list of their numbers, from 1",
     [](const CompareReport&, const C& cell) {
       return value_of(cell.outliers.size());
     }},
    {"ideal_ns", ms, neither,
     "lower bound of the wall time, from the items' own times",
     cell<&C::ideal, &Ideal::time>, nullptr, "ideal", 10, no_ideal},
    {"of_ideal", share, higher, "ideal / wall",
     [](const CompareReport&, const C& cell) {
       const bool known = cell.ideal && cell.verified;
       return known ? value_of(cell.of_ideal()) : Value();
     },
     nullptr, "of ideal", 3, "without an ideal, or unless verified"},
    {"bound", word, neither,
     "what decides the ideal: `waiting`, `limit` or `cpu`; of the server its "
     "`slots`, `contention`, `rate` or `bandwidth`; `overload` where a lower "
     "limit would be faster",
     cell<&C::ideal, &Ideal::bound>, nullptr, "bound", 4, no_ideal},
    {"best_limit", count, neither,
     "lowest limit that comes within 2% of the shortest time on the server, "
     "for a client without any time of its own",
     best<&BestLimit::limit>, nullptr, "best limit", seldom, no_capacity,
     Shown::with_capacity},
    {"best_ns", ms, neither, "what such a client takes at that limit",
     best<&BestLimit::time>, nullptr, "best", seldom, no_capacity,
     Shown::with_capacity},
    {"of_best", share, higher, "best / wall",
     [](const CompareReport& report, const C& cell) {
       return report.best && cell.verified
                  ? value_of(static_cast<double>(report.best->time.count()) /
                             cell.wall.median)
                  : Value();
     },
     nullptr, "of best", seldom,
     "on a server without limits, or unless "
     "verified",
     Shown::with_capacity},
    {"speedup", factor, higher, "wall of `sequential/one_by_one` / wall",
     [](const CompareReport& report, const C& cell) {
       return value_of(speedup(report, cell).value_or(NAN));
     },
     nullptr, "speedup", 11,
     "without a verified sequential cell, or unless verified"},
    {"cpu_per_item_ns", us, lower,
     "user and system time, children included: median of the runs' sums / "
     "items",
     cell<&C::cpu_per_item>, nullptr, "CPU/item", 7},
    {"cpu_user_ns", ms, lower,
     "user time of a run: median; do not add it to the next",
     median_of_runs<&F::cpu, &CpuTime::user>, run<&F::cpu, &CpuTime::user>,
     "user", 15},
    {"cpu_system_ns", ms, lower, "system time of a run: median",
     median_of_runs<&F::cpu, &CpuTime::system>, run<&F::cpu, &CpuTime::system>,
     "sys", 16},
    {"peak_rss_bytes", mib, lower,
     "peak resident memory, summed over the model's processes: median",
     median<&C::peak_rss>, run<&F::peak_rss_bytes>, "memory", 8},
    {"peak_in_flight", count, neither,
     "most downloads at once, by the trace, in any run",
     cell<&C::peak_in_flight>, run<&F::peak_in_flight>, "in flight", 6},
    {"mean_in_flight", factor, neither,
     "downloads at once, averaged over the wall time: median",
     median_of_runs<&F::mean_in_flight>, run<&F::mean_in_flight>},
    {"origin_peak_in_flight", count, neither,
     "the same, by the origin (0 without it)", cell<&C::origin_peak_in_flight>,
     run<&F::origin_peak_in_flight>, "", 6, "", Shown::with_origin, "/"},
    {"width", count, neither,
     "downloads at once that the pattern allows on this workload",
     cell<&C::width>, nullptr, "at most", 12},
    {"peak_held", count, neither,
     "most items downloaded and not yet processed, in any run",
     cell<&C::peak_held>, run<&F::peak_held>},
    {"connections", count, neither,
     "opened during the run, by the origin (0 without it): median",
     cell<&C::connections>, run<&F::connections>, "connections", 9, "",
     Shown::with_origin},
    {"origin_requests", count, neither,
     "requests that the origin saw (0 without it)", nullptr,
     run<&F::origin_requests>},
    {"origin_peak_in_service", count, neither,
     "most requests that a server with a capacity served at once, in any run "
     "(0 without one, like the next six)",
     most_of_runs<&F::origin_peak_in_service>, run<&F::origin_peak_in_service>,
     "server served", seldom, "", Shown::with_capacity},
    {"origin_peak_queued", count, neither,
     "most requests that waited there for a slot, in any run",
     most_of_runs<&F::origin_peak_queued>, run<&F::origin_peak_queued>,
     "server queued", seldom, "", Shown::with_capacity},
    {"origin_wait_ns", ms, lower,
     "sum of the requests' waits there for a slot: median",
     median_of_runs<&F::origin_wait>, run<&F::origin_wait>, "server wait",
     seldom, "", Shown::with_capacity},
    {"origin_service_ns", ms, neither,
     "sum of the requests' times in service there: median",
     median_of_runs<&F::origin_service>, run<&F::origin_service>,
     "server service", seldom, "", Shown::with_capacity},
    {"refused_429", count, lower,
     "requests refused there with 429, too many in a short time: median",
     median_of_runs<&F::refused_429>, run<&F::refused_429>, "refused 429",
     seldom, "", Shown::with_capacity},
    {"refused_503", count, lower,
     "requests refused there with 503, no place to wait: median",
     median_of_runs<&F::refused_503>, run<&F::refused_503>, "refused 503",
     seldom, "", Shown::with_capacity},
    {"early_retries", count, lower,
     "requests that came before the moment their refusal had named: median",
     median_of_runs<&F::early_retries>, run<&F::early_retries>, "early retries",
     seldom, "", Shown::with_capacity},
    {"origin_cpu_ns", ms, neither, "CPU time of the origin (0 without it)",
     nullptr, run<&F::origin_cpu>},
    {"origin_was_bottleneck", truth, neither,
     "in any run the origin used more than 0.9 cores",
     cell<&C::origin_was_bottleneck>},
    {"overtakes", count, neither,
     "pairs of items that finished in the other order than submitted: median",
     cell<&C::overtakes>, run<&F::overtakes>, "overtakes", 13},
    {"makespan_ns", ms, lower,
     "from the first start to the last finish: median",
     median_of_runs<&F::makespan>, run<&F::makespan>, "makespan", 14},
    {"overhead_ns", ms, lower, "wall - makespan", nullptr, run<&F::overhead>},
    {"workers_refused", count, lower,
     "workers that the system refused, most of any run. The ideal counts those "
     "of the run that got the most",
     cell<&C::refused, &SpawnFailures::workers>},
    {"tasks_delayed", count, lower,
     "tasks that waited for another to end, because the system refused them a "
     "thread or process, most of any run",
     cell<&C::refused, &SpawnFailures::tasks>},
    {"completed", count, higher,
     "items with this outcome in the worst run, the one with the fewest "
     "completed items. The five outcomes add up to `items`",
     outcome<&Tally::completed>, run<&F::tally, &Tally::completed>},
    {"failed", count, lower, "the same: came to an error",
     outcome<&Tally::failed>, run<&F::tally, &Tally::failed>},
    {"skipped", count, lower,
     "the same: not begun after another failed (`--on-error stop`)",
     outcome<&Tally::skipped>, run<&F::tally, &Tally::skipped>},
    {"lost", count, lower, "the same: gone with the process that held them",
     outcome<&Tally::lost>, run<&F::tally, &Tally::lost>},
    {"not_run", count, lower, "the same: never begun", outcome<&Tally::not_run>,
     run<&F::tally, &Tally::not_run>},
    {"error_count", count, lower,
     "items that failed or were lost; JSON lists the first 20", nullptr,
     run<&F::error_count>},
    {"first_error", word, neither, "of the worst run",
     [](const CompareReport&, const C& cell) {
       return value_of(first_error(cell));
     },
     nullptr, "", 0, "without an error"},
    {"cut_short", word, neither,
     "what ended the run early: `interrupt`, `deadline` or `stall`", nullptr,
     run<&F::cut_short>, "", 0, "if nothing did"},
    {"killed", truth, neither, "its process had to be killed", nullptr,
     run<&F::killed>},
    {"bytes", count, neither, "sum of the bodies' lengths in the worst run",
     cell<&C::bytes>},
    {"digest", word, neither, "combined digest of the worst run's bodies",
     [](const CompareReport&, const C& cell) {
       return value_of(hex(cell.digest));
     }},
    {"verified", truth, higher,
     "every item of every run completed, with the digest that all cells have",
     cell<&C::verified>, nullptr, "verified", 5},
    {"queue_wait_p50_ns", ms, lower,
     "from queued to started: median of the runs' medians",
     cell<&C::queue_wait, &Percentiles::p50>, nullptr, "wait p50", seldom},
    {"queue_wait_p99_ns", ms, lower,
     "the same, not exceeded by 99% of the items",
     cell<&C::queue_wait, &Percentiles::p99>, nullptr, "wait p99", seldom},
    {"queue_wait_max_ns", ms, lower, "the longest of any run",
     cell<&C::queue_wait, &Percentiles::max>, nullptr, "wait max", seldom},
    {"latency_p50_ns", ms, lower,
     "from started to finished: median of the runs' medians",
     cell<&C::latency, &Percentiles::p50>, nullptr, "took p50", seldom},
    {"latency_p99_ns", ms, lower, "the same, not exceeded by 99% of the items",
     cell<&C::latency, &Percentiles::p99>, nullptr, "took p99", seldom},
    {"latency_max_ns", ms, lower, "the longest of any run",
     cell<&C::latency, &Percentiles::max>, nullptr, "took max", seldom},
    {"loop_lag_p50_ns", ms, lower,
     "how late the event loop came to a timer, in a run of its own",
     cell<&C::loop_lag, &Percentiles::p50>, nullptr, "lag p50", seldom,
     no_loop},
    {"loop_lag_p99_ns", ms, lower,
     "the same, not exceeded by 99% of the timers",
     cell<&C::loop_lag, &Percentiles::p99>, nullptr, "lag p99", seldom,
     no_loop},
    {"loop_lag_max_ns", ms, lower, "the longest",
     cell<&C::loop_lag, &Percentiles::max>, nullptr, "lag max", seldom,
     no_loop},
};

/// A share or a factor has digits behind its point, all else has none.
Value rounded(Value value, Unit unit) {
  const auto* number = std::get_if<double>(&value);
  if (!number || unit == share || unit == factor) return value;
  return std::int64_t{std::llround(*number)};
}

}  // namespace

std::span<const Metric> metrics() {
  return all_metrics;
}

const Metric& metric(std::string_view name) {
  const auto* found = std::ranges::find(all_metrics, name, &Metric::name);
  if (found == std::end(all_metrics))
    throw std::invalid_argument(fmt::format("no metric is called {}", name));
  return *found;
}

Value figure_of(const Metric& metric, const CompareReport& report,
                const CellReport& cell) {
  return rounded(metric.of_cell(report, cell), metric.unit);
}

bool applies(const Metric& metric, const CompareReport& report) {
  switch (metric.shown) {
    case Shown::with_origin:
      return report.has_origin;
    case Shown::with_capacity:
      return report.settings.server.limited();
    case Shown::always:
      break;
  }
  return true;
}

std::vector<const Metric*> columns_of(const CompareReport& report,
                                      bool all_of_them) {
  std::vector<const Metric*> columns;
  for (const Metric& metric : all_metrics) {
    const bool is_column = !metric.title.empty() || !metric.sign.empty();
    if (is_column && applies(metric, report) &&
        (metric.rank < seldom || all_of_them))
      columns.push_back(&metric);
  }
  return columns;
}

}  // namespace interleave
