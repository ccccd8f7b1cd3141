// count: One, a second of waiting, Two; three times.

#include "bench/experiments/experiment.hpp"
#include "bench/experiments/gated.hpp"
#include "bench/experiments/versions.hpp"

namespace interleave::experiments {

namespace {

constexpr Names one_two{"One", "", "Two", false};

}  // namespace

Outcome count(Workbench& bench) {
  Outcome outcome;
  const std::vector<Item> items = sleeping_items(3, bench.scaled(1));
  std::vector<Measured> measured;

  for (const Cell* cell : cells_of(grid::one_by_one, grid::gather)) {
    const bool together = cell->pattern == &grid::gather;
    Version version{"", together ? "together" : "in turn", cell, {}, {}, {}};
    version.published = published_of(
        *cell, {{"sequential/one_by_one", 3.01}, {"async/gather", 1.01}});
    measured.push_back(measure_version(bench, outcome, version, items));
    promise_about(bench, outcome, measured.back(), together ? 1 : 3, 0.02);
  }
  promise_equal(outcome, measured);
  promise_no_shortcuts(outcome);
  promise_order(bench, outcome, grid::one_by_one, 3, {}, one_two,
                "One Two One Two One Two");
  promise_order(bench, outcome, grid::gather, 3, {}, one_two,
                "One One One Two Two Two");
  outcome.remarks = {
      "Published were the loop and gather of coroutines. Threads and processes "
      "wait together just as well; what a task costs differs."};
  return outcome;
}

}  // namespace interleave::experiments
