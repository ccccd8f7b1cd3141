// amap: f(t) = sleep for t, return t + 1; a hundred of them, ten at a time.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "bench/experiments/experiment.hpp"
#include "bench/experiments/versions.hpp"
#include "bench/experiments/work/toy.hpp"
#include "bench/origin/python_random.hpp"

namespace interleave::experiments {

namespace {

constexpr std::size_t numbers = 100;
constexpr unsigned amap_at_once = 10;
constexpr std::uint64_t amap_seed = 41;

constexpr std::array published_inputs{
    "0.38102068999577143", "0.23071918631047517", "0.1660367243141352",
    "0.913833434772713"};
constexpr std::array published_outputs{
    "1.3810206899957715", "1.2307191863104752", "1.1660367243141352",
    "1.9138334347727128"};

std::vector<double> inputs() {
  PythonRandom random(amap_seed);
  std::vector<double> inputs(numbers);
  for (double& input : inputs) input = random.random();
  return inputs;
}

std::vector<Item> map_items(const Workbench& bench) {
  std::vector<std::chrono::nanoseconds> waits;
  for (const double input : inputs()) waits.push_back(bench.scaled(input));
  std::vector<Item> items = sleeping_items(waits);
  std::size_t i = 0;
  for (const double input : inputs()) {
    items[i].argument = python_repr(input);
    items[i++].process_fn = plus_one;
  }
  return items;
}

bool is_plus_one(const Item& item, const Result& result) {
  return result.status == Status::completed &&
         result.output == plus_one(item, "");
}

void promise_digits(Outcome& outcome, const Trace& trace) {
  Sheet sheet{"the first four, to the last digit", {"input", "output"}, {}};
  bool same = true;
  const std::vector<double> numbers_in = inputs();
  for (std::size_t i = 0; i < published_inputs.size(); ++i) {
    const std::string input = python_repr(numbers_in[i]);
    const std::string& output = trace.results[i].output;
    same =
        same && input == published_inputs[i] && output == published_outputs[i];
    sheet.rows.push_back({input, output});
  }
  const double sum = std::accumulate(numbers_in.begin(), numbers_in.end(), 0.0);
  outcome.sheets.push_back(std::move(sheet));
  outcome.expect(same, "inputs and outputs are the published ones");
  outcome.expect(fmt::format("{:.13f}", sum) == "50.8110619189629",
                 "the inputs sum to 50.8110619189629", fmt::format("{}", sum));
}

Version version_of(const Cell& cell, const Options& options) {
  const bool in_turn = cell.pattern == &grid::one_by_one;
  Version version{
      "",    in_turn ? "map" : fmt::format("{} at a time", options.limit),
      &cell, options,
      {},    {}};
  if (options.limit == amap_at_once)
    version.published = published_of(cell, {{"sequential/one_by_one", 51.14},
                                            {"processes/queue", 5.58},
                                            {"threads/queue", 5.57},
                                            {"async/semaphore", 5.36}});
  return version;
}

/// One item throws: that surfaces at once, and nothing hangs.
void promise_end_on_error(Workbench& bench, Outcome& outcome, Options options) {
  std::vector<Item> items = map_items(bench);
  items[3].process_fn = boom;
  options.on_error = OnError::stop;
  std::string otherwise;
  for (const Cell* cell : cells_of(grid::semaphore, grid::queue)) {
    const Trace trace = bench.run(*cell, items, options).trace;
    const Tally counts = count_outcomes(trace);
    const bool held = counts.failed == 1 && counts.skipped > 0 &&
                      counts.completed + counts.skipped == numbers - 1 &&
                      first_error(trace) == "Boom!";
    if (!held) add_name(otherwise, cell->name() + ": " + tally_text(trace));
  }
  outcome.expect(otherwise.empty(),
                 "an exception in one item ends the map: it is the error "
                 "reported, items that had started finish, the others are "
                 "skipped",
                 otherwise);
}

}  // namespace

Outcome amap(Workbench& bench) {
  Outcome outcome;
  const std::vector<Item> items = map_items(bench);
  Options options;
  options.limit = bench.settings().limit.value_or(amap_at_once);
  bench.title("amap", "calls");
  std::vector<Measured> measured;
  std::size_t peak = 0;
  bool told = true;
  for (const Cell* cell :
       cells_of(grid::one_by_one, grid::queue, grid::semaphore)) {
    const Version version = version_of(*cell, options);
    measured.push_back(
        measure_version(bench, outcome, version, items, is_plus_one));
    for (const Run& run : measured.back().runs) {
      peak = std::max(peak, peak_in_flight(run.trace));
      told = told && run.outcomes_told == numbers;
    }
    if (cell->pattern != &grid::one_by_one && version.published)
      promise_at_most(bench, outcome, measured.back(), 5.36);
  }
  promise_equal(outcome, measured);
  promise_no_shortcuts(outcome);
  promise_digits(outcome, measured.front().trace());
  outcome.expect(peak <= options.limit,
                 fmt::format("never more than {} at once", options.limit));
  outcome.expect(told, "the progress is told once for every item");
  promise_end_on_error(bench, outcome, options);
  outcome.remarks = {
      "In Python threads and processes were 4% slower than the ideal, the "
      "coroutines almost at it. Compiled, a task costs so little that all "
      "three are.",
      "The callback of each item is a counter in shared memory; whoever draws "
      "a bar reads it."};
  return outcome;
}

}  // namespace interleave::experiments
