// chain: part 1 of n, then part 2 with its result; three chains at once.

#include "bench/experiments/chain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "bench/experiments/experiment.hpp"
#include "bench/experiments/versions.hpp"
#include "bench/experiments/work/toy.hpp"
#include "bench/origin/python_random.hpp"

namespace interleave::experiments {

namespace {

constexpr std::array chains{9, 6, 3};
constexpr std::array published_s{11.01, 8.01, 4.00};
constexpr std::uint64_t chain_seed = 444;

std::vector<ChainWaits> published_waits() {
  PythonRandom random(chain_seed);
  return draw_waits(chains.size(), [&] { return random.randint(0, 10); });
}

std::vector<Item> chain_items(const Workbench& bench,
                              const std::vector<ChainWaits>& waits) {
  std::vector<Item> items = sleeping_items(chains.size(), {});
  for (std::size_t i = 0; i < items.size(); ++i) {
    items[i].wait = bench.scaled(static_cast<double>(waits[i].first));
    items[i].process_fn = derived_result;
    items[i].argument = fmt::format("{}", chains[i]);
    items[i].follow_up = "sleep:";
    items[i].follow_up_wait =
        bench.scaled(static_cast<double>(waits[i].second));
  }
  return items;
}

bool is_derived(const Item& item, const Result& result) {
  return result.status == Status::completed &&
         result.output ==
             fmt::format("result{0}-2 derived from result{0}-1", item.argument);
}

/// Which chain was done when: the published part of the table.
void add_ends(const Workbench& bench, Outcome& outcome,
              const Measured& measured, const std::vector<ChainWaits>& waits) {
  for (std::size_t i = chains.size(); i-- > 0;) {
    std::vector<double> ends;
    for (const Run& run : measured.runs)
      ends.push_back(static_cast<double>(
          (run.trace.results[i].finished - run.trace.began).count()));
    Row row = outcome.rows[measured.row];
    row.version = fmt::format("chain {} done", chains[i]);
    row.wall = summarise(ends);
    row.fastest = std::ranges::min(ends);
    row.ideal =
        bench.scaled(static_cast<double>(waits[i].first + waits[i].second));
    row.published.reset();
    if (row.cell == "async/gather")
      row.published = bench.scaled(published_s[i]);
    outcome.rows.push_back(row);
    if (!bench.full_scale()) continue;
    const double share =
        row.wall.median / static_cast<double>(row.ideal->count());
    outcome.expect(share < 1.01,
                   fmt::format("in {} chain {} is done within 1% of {}",
                               row.cell, chains[i], in_words(*row.ideal)),
                   "is this machine busy?");
  }
}

std::string completions(const Trace& trace) {
  std::string text;
  for (const std::size_t i : completion_order(trace))
    text += fmt::format("{}{}", text.empty() ? "" : " ", chains[i]);
  return text;
}

}  // namespace

std::vector<ChainWaits> draw_waits(std::size_t chains,
                                   const std::function<std::int64_t()>& draw) {
  std::vector<ChainWaits> waits(chains);
  std::vector<std::pair<std::int64_t, std::size_t>> pending;  // end, chain
  for (std::size_t i = 0; i < chains; ++i) {
    waits[i].first = draw();
    pending.emplace_back(waits[i].first, i);
  }
  std::ranges::stable_sort(pending, {},
                           &std::pair<std::int64_t, std::size_t>::first);
  for (const auto& [end, i] : pending) waits[i].second = draw();
  return waits;
}

Outcome chain(Workbench& bench) {
  Outcome outcome;
  const std::vector<ChainWaits> waits = published_waits();
  const std::vector<Item> items = chain_items(bench, waits);
  outcome.expect(waits == std::vector<ChainWaits>{{4, 7}, {4, 4}, {0, 4}},
                 "seed 444 draws the waits 4 4 0 4 7 4");

  std::vector<Measured> measured;
  std::string otherwise;
  std::chrono::nanoseconds longest{}, sum{};
  for (const Item& item : items) {
    longest = std::max(
        longest, std::chrono::nanoseconds(item.wait + item.follow_up_wait));
    sum += item.wait + item.follow_up_wait;
  }
  for (const Cell* cell : cells_of(grid::gather, grid::one_by_one)) {
    const bool together = cell->pattern == &grid::gather;
    Version version{cell->name(), "program", cell,
                    {},           {},        together ? longest : sum};
    version.published = published_of(*cell, {{"async/gather", 11.01}});
    measured.push_back(
        measure_version(bench, outcome, version, items, is_derived));
    if (!together) continue;
    add_ends(bench, outcome, measured.back(), waits);
    const std::string order = completions(measured.back().trace());
    outcome.orders.push_back({cell->name(), "done: " + order});
    if (order != "3 6 9") add_name(otherwise, cell->name());
  }
  promise_equal(outcome, measured);
  promise_no_shortcuts(outcome);
  outcome.promise_in_all(otherwise, "chain 3 is done first, then 6, then 9");
  outcome.remarks = {
      "The program takes as long as its longest chain, because the links of "
      "one chain wait for each other and for nobody else.",
      "The waits are drawn when they begin: who finishes part 1 first draws "
      "the next number. They are computed beforehand here, so that every model "
      "waits for the same."};
  return outcome;
}

}  // namespace interleave::experiments
