// concepts: the article's summary tables, made of what is measured here.

#include "bench/experiments/concepts.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "bench/experiments/experiment.hpp"
#include "bench/experiments/versions.hpp"
#include "bench/text/text.hpp"
#include "common/compute.hpp"
#include "common/digest.hpp"

namespace interleave::experiments {

namespace {

constexpr std::size_t concept_tasks = 16;
constexpr unsigned io_at_once = 8;
constexpr double wait = 0.5, compute = 0.2;  // s

constexpr std::string_view waiting = "I/O-bound: 16 tasks wait, 8 at once";
constexpr std::string_view compute_group = "CPU-bound: 16 tasks compute";

/// One model's two rows.
struct Pair {
  const Cell* cell = nullptr;
  Measured io, cpu;
};

std::vector<Item> cpu_items(const Workbench& bench) {
  const std::chrono::nanoseconds each = bench.scaled(compute);
  const std::uint64_t rounds = rounds_for(each, round_cost(0));
  std::vector<Item> items = sleeping_items(concept_tasks, {});
  for (Item& item : items) {
    item.rounds = rounds;
    item.cpu = each;
  }
  return items;
}

std::vector<const Cell*> compared() {
  std::vector<const Cell*> cells = {&cell_named("sequential/one_by_one")};
  for (const Cell* cell : cells_of(grid::queue)) cells.push_back(cell);
  cells.push_back(&cell_named("async/pipeline"));
  return cells;
}

double median(const Outcome& outcome, const Measured& measured) {
  return outcome.rows[measured.row].wall.median;
}

/// CPU time over wall time: how many cores worked; the median of the runs.
double cores_used(const Measured& measured) {
  std::vector<double> cores;
  for (const Run& run : measured.runs)
    cores.push_back(
        static_cast<double>((run.cpu.user + run.cpu.system).count()) /
        static_cast<double>(wall(run.trace).count()));
  return summarise(cores).median;
}

std::size_t overlap_of(const Measured& measured) {
  return peak_processing(measured.trace());
}

/// Who decides that another task goes on, and on how many CPUs.
Sheet concepts_sheet(const std::vector<Pair>& pairs) {
  Sheet sheet{"who switches, and on how many cores (CPU-bound)",
              {"cell", "switches", "computing at once", "cores used"},
              {}};
  for (const Pair& pair : pairs) {
    const std::size_t at_a_time = overlap_of(pair.cpu);
    sheet.rows.push_back(
        {pair.cell->name(),
         pair.cell->model->task == TaskKind::call ? "nobody"
         : pair.cell->computes_on_loop()          ? "the task, at co_await"
                                                  : "the system, any time",
         fmt::format("{}", at_a_time), significant(cores_used(pair.cpu))});
  }
  return sheet;
}

/// Advice from this machine's own figures.
Sheet advice_sheet(const Outcome& outcome, const std::vector<Pair>& pairs,
                   unsigned cores) {
  Sheet sheet{"against one after the other, and what that advises",
              {"cell", "I/O-bound", "CPU-bound", "so it is for"},
              {}};
  for (const Pair& pair : pairs) {
    const double io = median(outcome, pairs[0].io) / median(outcome, pair.io);
    const double cpu =
        median(outcome, pairs[0].cpu) / median(outcome, pair.cpu);
    const bool for_io = io > io_at_once / 2.0;
    const bool for_cpu = cores > 1 && cpu > 1.3;
    const auto verified = [&](const Pair& one) {
      return outcome.rows[one.io.row].verified &&
             outcome.rows[one.cpu.row].verified;
    };
    if (!verified(pairs[0]) || !verified(pair)) {
      sheet.rows.push_back({pair.cell->name(), "-", "-", "not verified"});
      continue;
    }
    sheet.rows.push_back({pair.cell->name(), significant(io) + "x",
                          significant(cpu) + "x",
                          for_io && for_cpu ? "waiting and computing"
                          : for_io          ? "waiting"
                          : for_cpu         ? "computing"
                                            : "what is done once"});
  }
  return sheet;
}

void promise_overlap(Outcome& outcome, const std::vector<Pair>& pairs) {
  std::string together, alone;
  for (const Pair& pair : pairs) {
    const std::size_t peak = overlap_of(pair.cpu);
    const bool one = pair.cell->model->task == TaskKind::call ||
                     pair.cell->computes_on_loop();
    if (one && peak != 1) add_name(together, pair.cell->name());
    if (!one && peak < 2) add_name(alone, pair.cell->name());
  }
  outcome.expect(together.empty(),
                 "cooperative tasks never compute two at a time",
                 "they do in " + together);
  outcome.promise_in_all(alone,
                         "threads and processes do, without a global lock");
}

}  // namespace

std::size_t peak_processing(const Trace& trace) {
  std::vector<std::pair<Clock::time_point, int>> steps;
  for (const Result& result : trace.results) {
    if (result.status != Status::completed) continue;
    steps.emplace_back(result.processing, +1);
    steps.emplace_back(result.finished, -1);
  }
  std::ranges::sort(steps);  // at one moment, -1 sorts before +1
  std::ptrdiff_t open = 0, peak = 0;
  for (const auto& [at, step] : steps) peak = std::max(peak, open += step);
  return static_cast<std::size_t>(peak);
}

Outcome concepts(Workbench& bench) {
  Outcome outcome;
  Options options;
  options.limit = io_at_once;
  options.cores = bench.cores();
  const std::vector<Item> io =
      sleeping_items(concept_tasks, bench.scaled(wait));
  const std::vector<Item> cpu = cpu_items(bench);
  std::vector<Pair> pairs;
  for (const Cell* cell : compared()) {
    Pair pair;
    pair.cell = cell;
    pair.io = measure_version(
        bench, outcome,
        {std::string(waiting), "waiting", cell, options, {}, {}}, io);
    pairs.push_back(std::move(pair));
  }
  for (Pair& pair : pairs)
    pair.cpu = measure_version(
        bench, outcome,
        {std::string(compute_group), "computing", pair.cell, options, {}, {}},
        cpu);

  for (const auto& one : {&Pair::io, &Pair::cpu}) {
    std::vector<Measured> all;
    for (const Pair& pair : pairs) all.push_back(pair.*one);
    promise_equal(outcome, all);
  }
  outcome.sheets.push_back(concepts_sheet(pairs));
  outcome.sheets.push_back(advice_sheet(outcome, pairs, bench.cores()));
  promise_overlap(outcome, pairs);
  outcome.remarks = {
      "The article gives threads one CPU, because Python's interpreter lock "
      "lets one of them compute at a time. In C++ they use all cores, so its "
      "advice to take processes for computing does not carry over: processes "
      "are for isolation here.",
      "Coroutines of one loop have one core and switch at co_await only. What "
      "computes belongs on a pool: async/pipeline."};
  return outcome;
}

}  // namespace interleave::experiments
