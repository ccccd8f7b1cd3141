// batch-gather, run-jobs, run-async-tasks: the article's building blocks.

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "bench/experiments/experiment.hpp"
#include "bench/experiments/jobs.hpp"
#include "bench/experiments/versions.hpp"

namespace interleave::experiments {

namespace {

constexpr std::size_t jobs = 25;
constexpr unsigned batch_size = 10;
constexpr unsigned workers = 4;

/// Waits of 0.1 to 0.5 s in no order, so that jobs overtake each other.
std::vector<Item> job_items(const Workbench& bench) {
  std::vector<std::chrono::nanoseconds> waits;
  for (std::size_t i = 0; i < jobs; ++i)
    waits.push_back(bench.scaled(0.1 * static_cast<double>(1 + i * 7 % 5)));
  return sleeping_items(waits);
}

/// The same jobs, two of which cannot be done.
std::vector<Item> with_errors(std::vector<Item> items) {
  for (const std::size_t i : {2, 11}) items[i].url = "nowhere:";
  return items;
}

std::vector<Error> errors_of(const Trace& trace) {
  std::vector<Error> errors;
  for (const Result& result : trace.results) errors.push_back(result.error);
  return errors;
}

/// Runs a cell with a bar that is called `title` and without one; true when
/// results and errors are the same.
bool same_with_a_bar(Workbench& bench, const Cell& cell,
                     std::span<const Item> items, const Options& options,
                     const char* title) {
  bench.title(title, "tasks");
  const Run with = bench.run(cell, items, options);
  bench.watch(false);
  const Run without = bench.run(cell, items, options);
  bench.watch(true);
  bench.title({}, "items");
  return combined_digest(with.trace) == combined_digest(without.trace) &&
         errors_of(with.trace) == errors_of(without.trace) &&
         count_outcomes(with.trace) == count_outcomes(without.trace);
}

void promise_bar(Workbench& bench, Outcome& outcome, const Pattern& pattern,
                 const Options& options, const char* title) {
  const std::vector<Item> items = job_items(bench);
  const std::vector<Item> failing = with_errors(items);
  std::string others;
  for (const Cell* cell : cells_of(pattern)) {
    if (!same_with_a_bar(bench, *cell, items, options, title) ||
        !same_with_a_bar(bench, *cell, failing, options, title))
      add_name(others, cell->name());
  }
  outcome.promise_in_all(others,
                         "a progress bar changes neither results nor errors");
}

void measure_all(Workbench& bench, Outcome& outcome, const Pattern& pattern,
                 const Options& options, std::vector<Measured>& measured) {
  const std::vector<Item> items = job_items(bench);
  for (const Cell* cell : cells_of(pattern))
    measured.push_back(measure_version(
        bench, outcome, {"", std::string(pattern.name), cell, options, {}, {}},
        items));
  promise_equal(outcome, measured);
  promise_no_shortcuts(outcome);
}

}  // namespace

std::vector<std::string> batch_lines(const Trace& trace,
                                     std::size_t batch_size) {
  const Results& results = trace.results;
  std::vector<std::string> lines;
  for (std::size_t first = 0; first < results.size(); first += batch_size) {
    const std::size_t end = std::min(first + batch_size, results.size());
    Clock::time_point last;
    for (std::size_t i = first; i < end; ++i)
      last = std::max(last, results[i].finished);
    const auto done = std::ranges::count_if(results, [&](const Result& result) {
      return result.status == Status::completed && result.finished <= last;
    });
    const auto ahead = std::any_of(
        results.begin() + static_cast<std::ptrdiff_t>(end), results.end(),
        [&](const Result& result) { return result.started < last; });
    lines.push_back(fmt::format("Completed {} out of {} tasks{}", done,
                                results.size(),
                                ahead ? ", others ahead of them" : ""));
  }
  return lines;
}

Outcome batch_gather(Workbench& bench) {
  Outcome outcome;
  Options options;
  options.batch_size = batch_size;
  std::vector<Measured> measured;
  measure_all(bench, outcome, grid::batches, options, measured);

  const std::vector<std::string> expected = {"Completed 10 out of 25 tasks",
                                             "Completed 20 out of 25 tasks",
                                             "Completed 25 out of 25 tasks"};
  std::string others;
  for (const Measured& one : measured) {
    const auto lines = batch_lines(one.trace(), batch_size);
    outcome.orders.push_back(
        {one.cell->name(), fmt::format("{}", fmt::join(lines, "; "))});
    if (lines != expected) add_name(others, one.cell->name());
  }
  outcome.promise_in_all(
      others,
      "after each batch of 10, 10, 20 and 25 tasks are completed, and none of "
      "the next has started");
  outcome.remarks = {
      "Who waits for the slowest of each batch pays for it: `semaphore` with a "
      "limit of 10 needs no barrier (see run-jobs)."};
  return outcome;
}

Outcome run_jobs(Workbench& bench) {
  Outcome outcome;
  Options options;
  options.limit = bench.settings().limit.value_or(workers);
  std::vector<Measured> measured;
  measure_all(bench, outcome, grid::semaphore, options, measured);
  std::size_t peak = 0;
  std::uint64_t passed = 0;
  for (const Measured& one : measured)
    for (const Run& run : one.runs) {
      peak = std::max(peak, peak_in_flight(run.trace));
      passed += overtakes(run.trace);
    }
  outcome.expect(peak <= options.limit,
                 fmt::format("never more than {} at once", options.limit),
                 fmt::format("{} were", peak));
  promise_bar(bench, outcome, grid::semaphore, options, "jobs");
  outcome.remarks = {fmt::format(
      "Results came in the order of the jobs, although {} pairs finished in "
      "the other order: a result is written where it belongs, not appended.",
      passed)};
  return outcome;
}

Outcome run_async_tasks(Workbench& bench) {
  Outcome outcome;
  std::vector<Measured> measured;
  measure_all(bench, outcome, grid::gather, {}, measured);
  promise_bar(bench, outcome, grid::gather, {}, "all tasks at once");
  outcome.remarks = {
      "The bar is drawn by another process, from a counter in shared memory: "
      "nothing prints where time is measured."};
  return outcome;
}

}  // namespace interleave::experiments
