// producers: items put on a queue after random waits, taken out after others.

#include <fmt/format.h>

#include <algorithm>

#include "bench/compare/statistics.hpp"
#include "bench/experiments/experiment.hpp"
#include "bench/experiments/queues.hpp"
#include "bench/experiments/versions.hpp"
#include "bench/experiments/work/toy.hpp"
#include "bench/origin/python_random.hpp"

namespace interleave::experiments {

namespace {

constexpr std::size_t each = 2;  // items of a producer
constexpr std::uint64_t seed = 444;

/// Item i belongs to producer i modulo `producers`.
std::vector<Item> produced_items(const Workbench& bench, unsigned producers) {
  PythonRandom random(seed);
  const auto wait = [&] {
    return bench.scaled(static_cast<double>(random.randint(0, 10)));
  };
  std::vector<Item> items = sleeping_items(each * producers, {});
  for (Item& item : items) {
    item.delay = wait();
    item.wait = wait();
    item.process_fn = echo;
    item.argument = fmt::format("{}", item.id);
  }
  return items;
}

std::vector<std::string> sheet_row(const Measured& measured) {
  std::vector<double> times;
  for (const Run& run : measured.runs)
    for (const auto time : hand_overs(run.trace))
      times.push_back(static_cast<double>(time.count()));
  // With many, the ends of the median's interval are not those of the times.
  const auto words = [](double ns) {
    return in_words(std::chrono::nanoseconds(static_cast<std::int64_t>(ns)));
  };
  return {measured.cell->name(), words(std::ranges::min(times)),
          words(summarise(times).median), words(std::ranges::max(times))};
}

/// Each item was queued when its producer had waited for it, no sooner.
bool paced(const Trace& trace, const std::vector<Item>& items,
           unsigned producers) {
  for (std::size_t i = 0; i < items.size(); ++i) {
    const Clock::time_point before =
        i < producers ? trace.began : trace.results[i - producers].queued;
    if (trace.results[i].queued - before < items[i].delay) return false;
  }
  return true;
}

}  // namespace

std::vector<Clock::duration> hand_overs(const Trace& trace) {
  std::vector<Clock::duration> times;
  for (const Result& result : trace.results)
    if (result.status == Status::completed)
      times.push_back(result.started - result.queued);
  return times;
}

std::size_t queue_size_at(const Trace& trace, Clock::time_point moment) {
  const auto waits = [&](const Result& result) {
    return result.queued != Clock::time_point{} && result.queued <= moment &&
           (result.started == Clock::time_point{} || result.started > moment);
  };
  return static_cast<std::size_t>(std::ranges::count_if(trace.results, waits));
}

Outcome producers(Workbench& bench) {
  Outcome outcome;
  Options options;
  options.producers = bench.settings().producers.value_or(5);
  options.limit = bench.settings().consumers.value_or(10);
  const std::vector<Item> items = produced_items(bench, options.producers);
  options.queue_capacity = items.size();

  std::vector<Measured> measured;
  std::string hasty;
  Sheet sheet{"how long items sat in the queue",
              {"cell", "shortest", "median", "longest"},
              {}};
  const std::string name =
      fmt::format("{} put, {} take", options.producers, options.limit);
  for (const Cell* cell : cells_of(grid::producers)) {
    measured.push_back(measure_version(
        bench, outcome, {"", name, cell, options, {}, {}}, items));
    sheet.rows.push_back(sheet_row(measured.back()));
    for (const Run& run : measured.back().runs)
      if (!paced(run.trace, items, options.producers))
        add_name(hasty, cell->name());
  }
  outcome.sheets.push_back(std::move(sheet));
  promise_equal(outcome, measured);
  promise_no_shortcuts(outcome);
  outcome.promise_in_all(
      hasty, "no item is put on the queue before its producer has waited");
  outcome.remarks = {
      "Published were 7.02 s and a hand-over of 0.00009 to 0.00015 s, with two "
      "producers and two consumers (-p 2 -c 2) and other random waits, so the "
      "time cannot be compared; the shortest hand-over can.",
      "The pattern returns when every item is processed; then no consumer is "
      "left. An item that finds all consumers busy sits for longer."};
  return outcome;
}

}  // namespace interleave::experiments
