// nested-loop: an event loop entered from inside one is refused.

#include <fmt/format.h>

#include "async/model.hpp"
#include "bench/experiments/experiment.hpp"
#include "bench/experiments/versions.hpp"

namespace interleave::experiments {

namespace {

constexpr std::string_view refusal =
    "an event loop already runs on this thread";

/// Work that enters a loop of its own, to wait for nothing.
std::string enter_a_loop(const Item& /*item*/, std::string_view /*body*/) {
  const std::vector<Item> inner = sleeping_items(1, {});
  const Options options;
  const Results results = async::run<async::gather>(Workload(inner), options);
  return std::string(to_string(results.front().status));
}

}  // namespace

Outcome nested_loop(Workbench& bench) {
  Outcome outcome;
  std::vector<Item> items = sleeping_items(4, {});
  for (Item& item : items) item.process_fn = enter_a_loop;
  Sheet sheet{"what becomes of a task that enters a loop",
              {"cell", "outcome", "error"},
              {}};
  std::string wrong, refused_wrongly;
  for (const Cell& cell : catalog()) {
    const Trace trace = bench.run(cell, items, {}).trace;
    const std::string error = first_error(trace);
    sheet.rows.push_back({cell.name(), tally_text(trace), error});
    const Tally counts = count_outcomes(trace);
    if (!cell.computes_on_loop()) {
      if (counts.completed != items.size())
        add_name(refused_wrongly, cell.name());
    } else if (counts.failed != items.size() || !error.starts_with(refusal)) {
      add_name(wrong, cell.name());
    }
  }
  outcome.sheets.push_back(std::move(sheet));
  outcome.promise_in_all(wrong,
                         "inside an event loop a second one is refused with a "
                         "clear error, and nothing hangs");
  outcome.promise_in_all(refused_wrongly,
                         "on a thread without a loop it is allowed");
  outcome.remarks = {
      "A loop inside a loop would block the outer one, and with it whatever "
      "the inner one waits for. A thread of async/pipeline's pool has no loop, "
      "so it may enter one: what counts is the thread."};
  return outcome;
}

}  // namespace interleave::experiments
