// sleepy: three seconds of sleep, and who waits for whom.

#include <deque>

#include "async/model.hpp"
#include "bench/experiments/experiment.hpp"
#include "bench/experiments/versions.hpp"

namespace interleave::experiments {

namespace {

async::Task<> one(std::size_t i, Workload items, async::Session& session,
                  Results& results) {
  results[i] = co_await async::run_item(items[i], session);
}

/// Every task is started, then awaited alone, first to last: as quick as
/// gather, because the others go on while one is awaited.
async::Task<Results> awaited_alone(Workload items, const Options& options) {
  Results results(items.size());
  async::Session session(options);
  std::deque<async::Group> tasks(items.size());

  for (std::size_t i : items.submission_order()) {
    tasks[i].spawn(one(i, items, session, results));
  }

  for (async::Group& task : tasks) co_await task.join();
  co_return results;
}

}  // namespace

Outcome sleepy(Workbench& bench) {
  Outcome outcome;
  const std::vector<Item> items = sleeping_items(3, bench.scaled(1));
  const Cell& gather = cell_named("async/gather");
  const Cell alone{gather.model, gather.pattern, async::run<awaited_alone>};
  std::vector<Measured> measured;
  const auto add = [&](const char* name, const Cell& cell, double ideal,
                       bool published) {
    Version version{"", name, &cell, {}, {}, {}};
    if (published) version.published = ideal;
    measured.push_back(measure_version(bench, outcome, version, items));
    promise_about(bench, outcome, measured.back(), ideal, 0.02);
  };

  add("called in turn", cell_named("sequential/one_by_one"), 3, false);
  add("awaited in turn", cell_named("async/one_by_one"), 3, true);
  add("tasks, one by one", alone, 1, true);
  for (const Cell* cell : cells_of(grid::gather))
    add("all together", *cell, 1, cell == &gather);
  promise_equal(outcome, measured);
  promise_no_shortcuts(outcome);
  outcome.remarks = {
      "What counts is when tasks are started, not how they are awaited: "
      "`await f()` starts f there and then, so a loop of such lines is a loop "
      "of calls. In C++ too: a coroutine that is not spawned runs only once it "
      "is awaited.",
      "`tasks, one by one` is no cell of the grid: it starts all tasks as "
      "async/gather does and then joins each of them alone."};
  return outcome;
}

}  // namespace interleave::experiments
