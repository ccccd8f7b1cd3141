// pages: 160 downloads from two addresses, as published and on equal terms.

#include <fmt/format.h>

#include <array>

#include "bench/experiments/experiment.hpp"
#include "bench/experiments/versions.hpp"
#include "bench/origin/content.hpp"
#include "common/digest.hpp"

namespace interleave::experiments {

namespace {

constexpr std::size_t downloads = 160;
constexpr std::array<std::size_t, 2> lengths{10'966, 276};
constexpr double request = 14.29 / downloads;  // s, as the sequential run took

constexpr std::string_view as_published = "as published: 1, 5, 4, 160 at once";

/// The two addresses in turn, 80 times.
std::vector<Item> page_items(Workbench& bench) {
  const std::chrono::nanoseconds wait = bench.scaled(request);
  const origin::WaitSpec waits{origin::WaitSpec::Kind::fixed, wait, {}};
  std::vector<Item> items(downloads);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::size_t page = i % lengths.size();
    const std::string body = origin::body_of(1, page, lengths[page]);
    items[i].id = i;
    items[i].url =
        bench.origin().url(origin::item_path({page, 1, lengths[page], waits}));
    items[i].wait = wait;
    items[i].expected = Expected{body.size(), digest(body)};
  }
  return items;
}

Version limited(std::string_view group, std::string_view name,
                std::string_view cell, unsigned limit) {
  Version version{
      std::string(group), std::string(name), &cell_named(cell), {}, {}, {}};
  version.options.limit = limit;
  return version;
}

std::vector<Version> published_versions() {
  std::vector<Version> all{
      limited(as_published, "one session", "sequential/one_by_one", 1),
      limited(as_published, "threads, 5", "threads/queue", 5),
      limited(as_published, "processes, 4", "processes/queue", 4),
      limited(as_published, "async, all", "async/gather", downloads)};
  const double published[] = {14.29, 3.19, 3.43, 0.49};
  for (std::size_t i = 0; i < all.size(); ++i) all[i].published = published[i];
  return all;
}

std::vector<Version> fair_versions() {
  std::vector<Version> all;
  for (const Cell* cell : cells_of(grid::semaphore, grid::queue))
    all.push_back(limited("on equal terms: 5 at once", cell->pattern->name,
                          cell->name(), 5));
  for (const Cell* cell : cells_of(grid::gather))
    all.push_back(limited("on equal terms: all 160 at once",
                          cell->pattern->name, cell->name(), downloads));
  return all;
}

/// Connections, and who kept them: the other half of the published table.
Sheet connections_of(const Outcome& outcome,
                     std::span<const Measured> measured) {
  Sheet sheet{"connections, and the most at once as the server saw it",
              {"version", "cell", "connections", "at once"},
              {}};
  for (const Measured& one : measured) {
    const Row& row = outcome.rows[one.row];
    sheet.rows.push_back(
        {row.version, row.cell, fmt::format("{}", one.runs[0].connections),
         fmt::format("{}", one.runs[0].origin_peak_in_flight)});
  }
  return sheet;
}

}  // namespace

Outcome pages(Workbench& bench) {
  Outcome outcome;
  const std::vector<Item> items = page_items(bench);
  std::vector<Measured> measured;
  for (const Version& version : published_versions())
    measured.push_back(measure_version(bench, outcome, version, items));
  for (const Version& version : fair_versions())
    measured.push_back(measure_version(bench, outcome, version, items));

  promise_equal(outcome, measured);
  promise_no_shortcuts(outcome);
  promise_about(bench, outcome, measured[0], 14.29, 0.02);
  promise_at_most(bench, outcome, measured[1], 3.0);
  promise_at_most(bench, outcome, measured[3], 0.2);
  const auto wall = [&](std::size_t i) { return outcome.rows[i].wall.median; };
  if (bench.settings().time_scale >= 0.1)  // below, tasks cost more than waits
    outcome.expect(
        wall(3) < wall(1) && wall(1) < wall(0) && wall(2) < wall(0),
        "all at once is quicker than five, and five or four than one at a "
        "time");
  outcome.sheets.push_back(connections_of(outcome, measured));
  outcome.remarks = {
      "The published table compares parameters: 1, 5, 4 and 160 downloads at "
      "once. On equal terms the models differ by what a task costs.",
      "The published concurrent versions drop errors without a word; here "
      "every body is checked, and a failed item would show.",
      "The wait of each request is that of the published sequential run, 89.3 "
      "ms, made by the server on the loopback."};
  return outcome;
}

}  // namespace interleave::experiments
