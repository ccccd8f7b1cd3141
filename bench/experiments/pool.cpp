// pool-hello, pool-boom: twenty tasks of a second on a pool of four.

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "bench/experiments/experiment.hpp"
#include "bench/experiments/versions.hpp"
#include "bench/experiments/work/toy.hpp"
#include "bench/grid/ideal.hpp"
#include "bench/origin/content.hpp"
#include "bench/text/units.hpp"

namespace interleave::experiments {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t tasks = 20;
constexpr unsigned pool = 4;
constexpr std::size_t the_bad_one = 2;

Options pool_options() {
  Options options;
  options.limit = pool;
  options.cores = pool;
  return options;
}

/// Work that blocks, for a pool: the argument is "17 after 100ms".
std::string sleep_then_echo(const Item& item, std::string_view /*body*/) {
  const std::string_view argument = item.argument;
  const std::size_t space = argument.find(' ');
  std::this_thread::sleep_for(parse_duration(argument.substr(space + 7)));
  return std::string(argument.substr(0, space));
}

/// Tasks that block where they are processed (the pool of a pipeline), or
/// where they are fetched (the workers of a queue).
std::vector<Item> hello_items(std::chrono::nanoseconds time, bool processed) {
  std::vector<Item> items = sleeping_items(tasks, processed ? 0ns : time);
  for (Item& item : items) {
    item.argument = fmt::format("{}", item.id);
    item.process_fn = processed ? sleep_then_echo : echo;
    if (processed) item.argument += fmt::format(" after {}ns", time.count());
  }
  return items;
}

bool is_its_number(const Item& item, const Result& result) {
  return result.status == Status::completed &&
         result.output == fmt::format("{}", item.id);
}

/// Twenty tasks, the third of which throws when its time is over.
std::vector<Item> boom_items(std::chrono::nanoseconds time) {
  std::vector<Item> items = hello_items(time, false);
  items[the_bad_one].process_fn = boom;
  return items;
}

bool is_as_expected(const Item& item, const Result& result) {
  if (item.id == the_bad_one) return result.error.text == "Boom!";
  return is_its_number(item, result) || result.status == Status::skipped;
}

/// The same tasks with a reply that is held instead of a second of sleep, so
/// that the error comes first by construction and not by chance.
Trace run_with_error_first(Workbench& bench, const Cell& cell) {
  constexpr auto patience = 20s;
  origin::Process& origin = bench.origin();
  std::vector<Item> items = boom_items(0ns);
  for (Item& item : items) {
    item.url = origin.url(origin::gated_path({item.id, 1, 64, {}}));
    item.expected.reset();
  }
  Options options = pool_options();
  options.on_error = OnError::stop;
  options.timeout = 2 * patience;
  const auto conduct = [&](RunControl& control) {
    if (origin.wait_until_held((1u << pool) - 1, patience))
      origin.release(the_bad_one);
    // Once the run is to stop, nothing more starts.
    const auto deadline = Clock::now() + patience;
    while (!control.stop && Clock::now() < deadline) usleep(100);
    while (control.ended < tasks) {
      for (std::size_t i = 0; i < tasks; ++i) origin.release(i);
      usleep(1000);
    }
  };
  return bench.run(cell, items, options, conduct).trace;
}

void promise_counts(Workbench& bench, Outcome& outcome) {
  std::string otherwise;
  Sheet sheet{"with the flag, when the error is the first to end",
              {"cell", "outcome", "error"},
              {}};
  const Tally expected{pool - 1, 1, tasks - pool, 0, 0};
  for (const Cell* cell : cells_of(grid::queue, grid::semaphore)) {
    const Trace trace = run_with_error_first(bench, *cell);
    sheet.rows.push_back({cell->name(), tally_text(trace), first_error(trace)});
    if (count_outcomes(trace) != expected || first_error(trace) != "Boom!")
      add_name(otherwise, cell->name() + ": " + tally_text(trace));
  }
  outcome.sheets.push_back(std::move(sheet));
  outcome.expect(otherwise.empty(),
                 "with the flag, when the error comes first, the 3 others "
                 "that had started finish and 16 are skipped",
                 otherwise);
}

/// One of the two versions, in every cell.
void measure_boom(Workbench& bench, Outcome& outcome, OnError on_error) {
  const bool flag = on_error == OnError::stop;
  const auto time = bench.scaled(1);
  Options options = pool_options();
  options.on_error = on_error;
  std::string otherwise;
  for (const Cell* cell : cells_of(grid::queue, grid::semaphore)) {
    Version version{"",   flag ? "with the flag" : "without it",
                    cell, options,
                    {},   flag ? time : 5 * time};
    const Measured measured = measure_version(bench, outcome, version,
                                              boom_items(time), is_as_expected);
    for (const Run& run : measured.runs) {
      const Tally counts = count_outcomes(run.trace);
      const std::size_t others = counts.completed + counts.skipped;
      const bool kept = counts.failed == 1 && others == tasks - 1 &&
                        first_error(run.trace) == "Boom!" &&
                        (flag ? counts.skipped > 0 : counts.skipped == 0);
      if (!kept)
        add_name(otherwise, cell->name() + ": " + tally_text(run.trace));
    }
  }
  outcome.expect(otherwise.empty(),
                 flag ? "with the flag the error is reported, started tasks "
                        "finish, and the others are skipped and counted"
                      : "without a flag the error is reported, and yet all "
                        "20 tasks run",
                 otherwise);
}

}  // namespace

Outcome pool_hello(Workbench& bench) {
  Outcome outcome;
  const auto time = bench.scaled(1);
  const std::vector<std::chrono::nanoseconds> times(tasks, time);
  std::vector<Measured> measured;
  for (const Cell* cell : cells_of(grid::pipeline, grid::queue)) {
    const bool processed = cell->pattern == &grid::pipeline;
    Version version{"",   processed ? "stage of four" : "four workers",
                    cell, pool_options(),
                    {},   list_schedule(times, pool)};
    version.published = published_of(*cell, {{"async/pipeline", 5.0}});
    measured.push_back(measure_version(
        bench, outcome, version, hello_items(time, processed), is_its_number));
    promise_about(bench, outcome, measured.back(), 5, 0.02);
  }
  promise_equal(outcome, measured);
  promise_no_shortcuts(outcome);
  outcome.expect(
      std::ranges::all_of(outcome.rows, &Row::verified),
      "the results are 0 to 19 in submission order, whatever finished first");
  outcome.remarks = {
      "async/pipeline is the published shape: an event loop that awaits "
      "blocking tasks on a pool of four threads. The other pipelines have the "
      "same stage in front of threads or processes; a queue has only the pool.",
      "In Python a pool of threads is for tasks that wait. Here the same pool "
      "computes on all cores as well."};
  return outcome;
}

Outcome pool_boom(Workbench& bench) {
  Outcome outcome;
  measure_boom(bench, outcome, OnError::collect);
  measure_boom(bench, outcome, OnError::stop);
  promise_counts(bench, outcome);
  outcome.remarks = {
      "Without a flag the caller hears of the error while the pool goes on "
      "with what was submitted. A pool knows no cancellation: the flag is "
      "asked before each task.",
      "All four tasks of the first second end at the same moment, so workers "
      "may have taken the next ones before the error is known: up to three "
      "more are completed then. The promise on exact numbers is checked where "
      "the error is the first to end."};
  return outcome;
}

}  // namespace interleave::experiments
