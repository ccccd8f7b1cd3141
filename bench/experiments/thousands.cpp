// thousands: how many connections can be open at once, with whom.

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "bench/experiments/experiment.hpp"
#include "bench/experiments/versions.hpp"
#include "bench/measure/descriptors.hpp"
#include "bench/measure/resources.hpp"
#include "bench/origin/content.hpp"
#include "bench/text/units.hpp"
#include "common/digest.hpp"

namespace interleave::experiments {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t held_bytes = 276;
constexpr std::uint64_t spare_tasks = 64;  // the origin, and others

/// How long nothing may change before it counts as all that can be had.
constexpr std::chrono::nanoseconds stalled = 5s;

/// What the system allows, and what that is called.
struct Ceiling {
  std::uint64_t items;
  std::string why;
};

/// A descriptor for each connection, on both sides, and what a task takes.
Ceiling ceiling_of(const Cell& cell, std::size_t wanted) {
  const Resources all = resources();
  Ceiling ceiling{wanted, ""};
  const auto lower = [&](const Allowance& allowed, std::uint64_t spare,
                         std::uint64_t each) {
    const std::uint64_t items =
        (allowed.left - std::min(allowed.left, spare)) / each;
    if (items < ceiling.items)
      ceiling = {items, fmt::format("{} allows {}, and {} an item are needed",
                                    allowed.who, allowed.left, each)};
  };
  const DescriptorUse& use = cell.model->descriptors;
  lower(all.descriptors, own_descriptors, use.always + use.with_curl);
  if (cell.model->has_event_loop()) return ceiling;
  lower(all.tasks, spare_tasks, 1);
  lower(all.maps, 0, 3);  // a thread's stack and its guard page, and others'
  return ceiling;
}

/// All ask for the one gated address, so that every reply is held until all
/// requests are there.
std::vector<Item> held_items(Workbench& bench, std::size_t count) {
  const std::string body = origin::body_of(1, 0, held_bytes);
  std::vector<Item> items(count);
  for (std::size_t i = 0; i < count; ++i) {
    items[i].id = i;
    items[i].url =
        bench.origin().url(origin::gated_path({0, 1, held_bytes, {}}));
    items[i].expected = Expected{body.size(), digest(body)};
  }
  return items;
}

/// Waits until `count` requests are held, or until no more of them come; then
/// lets all of them go.
void release_all(origin::Process& origin, const RunControl& control,
                 std::size_t count) {
  const auto held = [&] { return origin.counters().in_flight.load(); };
  auto last_change = Clock::now();
  for (std::uint64_t seen = 0; seen < count && !control.stop;) {
    const std::uint64_t now = held();
    if (now != seen) {
      seen = now;
      last_change = Clock::now();
    }
    if (Clock::now() - last_change > stalled) break;
    usleep(500);
  }
  while (control.ended.load() < count) {
    for (std::uint64_t left = held(); left > 0; --left) origin.release(0);
    usleep(500);
  }
}

Measured hold(Workbench& bench, Outcome& outcome, const Cell& cell,
              std::size_t wanted) {
  const Ceiling ceiling = ceiling_of(cell, wanted);
  const auto count = static_cast<std::size_t>(ceiling.items);
  const std::vector<Item> items = held_items(bench, count);
  origin::Process& origin = bench.origin();
  Options options;
  options.timeout = 120s;

  Measured measured;
  measured.cell = &cell;
  measured.row = outcome.rows.size();
  measured.runs.push_back(bench.run(
      cell, items, options,
      [&](RunControl& control) { release_all(origin, control, count); }));
  const Run& run = measured.runs.front();
  const std::uint64_t peak = run.origin_peak_in_flight;
  const std::string text =
      fmt::format("{} holds {} connections open at once, as the server saw",
                  cell.name(), wanted);
  const Tally counts = count_outcomes(run.trace);
  if (counts.completed != count)
    outcome.expect(false, text,
                   fmt::format("{} of {} completed", counts.completed, count));
  else if (peak >= wanted)
    outcome.expect(true, text);
  else
    outcome.cannot_check(
        text, fmt::format("{} were open; {}", peak,
                          count < wanted ? ceiling.why
                                         : "the system refused more threads "
                                           "or connections"));
  return measured;
}

std::vector<std::string> ceiling_row(const Measured& measured) {
  const Run& run = measured.runs.front();
  const auto items = static_cast<std::int64_t>(run.trace.results.size());
  const auto cpu = (run.cpu.user + run.cpu.system) / items;
  return {measured.cell->name(),
          fmt::format("{}", items),
          fmt::format("{}", run.origin_peak_in_flight),
          in_words(wall(run.trace)),
          in_words(cpu),
          format_size(run.peak_rss_bytes / static_cast<std::uint64_t>(items))};
}

}  // namespace

Outcome thousands(Workbench& bench) {
  Outcome outcome;
  Sheet sheet{
      "connections held open by the server until all of them were there",
      {"cell", "asked", "at once", "took", "CPU each", "memory each"},
      {}};
  const auto most = [](const Cell* cell) { return cell->model->tasks_at_once; };
  std::vector<const Cell*> cells = cells_of(grid::gather);
  std::ranges::stable_sort(cells, std::greater(), most);
  for (const Cell* cell : cells)
    sheet.rows.push_back(ceiling_row(hold(bench, outcome, *cell, most(cell))));
  outcome.sheets.push_back(std::move(sheet));
  outcome.remarks = {
      "The readers' question was how thousands of connections could be "
      "simulated. Every reply was held until the last request had arrived, so "
      "`at once` is no chance: it is what the server counted.",
      "A coroutine costs memory, a thread a stack and a place with the "
      "scheduler, a process all of it: that is why fewer were asked of them."};
  return outcome;
}

}  // namespace interleave::experiments
