// which-limit, aimd: fixed limits, and limits that move, on servers that push
// back.

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "bench/experiments/experiment.hpp"
#include "bench/experiments/versions.hpp"
#include "bench/measure/figures.hpp"
#include "bench/text/text.hpp"
#include "bench/workload/workload.hpp"

namespace interleave::experiments {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t few_items = 400, many_items = 1000;  // items
constexpr double each_wait = 0.1;                          // s, as if published
constexpr std::chrono::nanoseconds of_profile = 20ms;  // what they are made for
constexpr std::array fixed_limits{4u, 8u, 16u, 32u, 64u};

/// The same server for items that take `factor` times as long.
Capacity scaled(Capacity server, double factor) {
  const auto longer = [&](std::chrono::nanoseconds& time) {
    time = std::chrono::duration_cast<std::chrono::nanoseconds>(time * factor);
  };
  server.rate /= factor;
  server.bandwidth /= factor;
  server.connection_bandwidth /= factor;
  longer(server.retry_after);
  longer(server.collapse.time);
  return server;
}

/// From now on, that server; the items that it is asked for.
std::vector<Item> items_on(Workbench& bench, const ServerProfile& server,
                           std::size_t count) {
  const std::chrono::nanoseconds one_wait = bench.scaled(each_wait);
  const double factor = std::chrono::duration<double>(one_wait) / of_profile;
  bench.serve(scaled(server.capacity, factor), count);
  WorkloadSettings settings = recipe("pages").defaults;
  settings.items = count;
  settings.latency.low = one_wait;
  if (server.capacity.bandwidth > 0) {  // half of the time for the bytes
    settings.latency.low /= 2;
    settings.bytes = static_cast<std::size_t>(
        server.capacity.connection_bandwidth *
        std::chrono::duration<double>(of_profile / 2).count());
  }
  return make_items(settings, [&](std::size_t, std::string_view path) {
    return bench.origin().url(path);
  });
}

/// One run: of `semaphore` with that limit, or of `adaptive` with that
/// controller.
Figures run(Workbench& bench, std::span<const Item> items, unsigned limit,
            Controller controller = Controller::pace) {
  Options options;
  options.limit = limit;
  options.controller = controller;
  options.retries = 10;
  options.retry_delay =
      std::max(1ms, std::chrono::duration_cast<std::chrono::milliseconds>(
                        bench.scaled(each_wait)));
  const Cell& cell =
      cell_named(limit > 0 ? "async/semaphore" : "async/adaptive");
  return figures_of(bench.run(cell, items, options));
}
constexpr unsigned moving = 0;

double seconds(const Figures& run) {
  return std::chrono::duration<double>(run.wall).count();
}

/// "1.26 s", and how many items failed.
std::string wall_text(const Figures& run) {
  const std::string time = in_words(run.wall);
  return run.error_count == 0
             ? time
             : fmt::format("{}, {} failed", time, run.error_count);
}

/// Of the best time of a fixed limit on each server, the least share that was
/// reached.
struct LeastShares {
  std::array<double, fixed_limits.size()> fixed{};
  double adaptive = 1;
  std::string with_failures;  ///< servers on which the moving limit had any

  LeastShares() { fixed.fill(1); }
  double best_fixed() const { return std::ranges::max(fixed); }
  std::vector<std::string> row() const {
    std::vector<std::string> row{"the least share of the best"};
    for (const double share : fixed)
      row.push_back(fmt::format("{:.2f}", share));
    row.insert(row.end(), {fmt::format("{:.2f}", adaptive), "", ""});
    return row;
  }
};

/// Runs all on one server: a row, and what it does to the shares.
std::vector<std::string> limits_row(Workbench& bench,
                                    const ServerProfile& server,
                                    LeastShares& least) {
  const std::vector<Item> items = items_on(bench, server, few_items);
  std::vector<std::string> row{std::string(server.name)};
  std::array<double, fixed_limits.size()> times{};
  for (std::size_t n = 0; n < fixed_limits.size(); ++n) {
    const Figures fixed = run(bench, items, fixed_limits[n]);
    row.push_back(wall_text(fixed));
    times[n] = fixed.error_count == 0 ? seconds(fixed)
                                      : std::numeric_limits<double>::infinity();
  }
  const Figures moved = run(bench, items, moving);
  if (moved.error_count > 0) add_name(least.with_failures, server.name);
  const double best = std::ranges::min(times);
  for (std::size_t n = 0; n < times.size(); ++n)
    least.fixed[n] = std::min(least.fixed[n], best / times[n]);
  const double share = best / seconds(moved);
  least.adaptive = std::min(least.adaptive, share);
  row.insert(row.end(),
             {wall_text(moved), fmt::format("{:.2f}", share),
              fmt::format("{}", moved.origin_requests - moved.items)});
  return row;
}

/// What aimd must bring on a server, as a multiple of what pace does.
struct AimdExpectation {
  const char* server;
  double time, in_flight;  ///< at least; 0: not asked
};
constexpr std::array expected_of_aimd{
    AimdExpectation{"slots-4", 0, 1.5}, AimdExpectation{"knee-16", 1.2, 0},
    AimdExpectation{"collapse", 1.2, 0}, AimdExpectation{"flaky", 1.2, 0}};

void expect_at_least(Outcome& outcome, double wanted, double found,
                     std::string_view server, std::string_view what) {
  if (wanted > 0)
    outcome.expect(
        found >= wanted,
        fmt::format("{}: aimd {} at least {}x", server, what, wanted),
        fmt::format("{:.2f}x", found));
}

}  // namespace

Outcome which_limit(Workbench& bench) {
  Outcome outcome;
  Sheet sheet{fmt::format("{} items: wall time under each fixed limit, and "
                          "under one that moves",
                          few_items),
              {"server"},
              {}};
  for (const unsigned limit : fixed_limits)
    sheet.head.push_back(fmt::format("limit {}", limit));
  sheet.head.insert(sheet.head.end(), {"adaptive", "of the best", "refused"});

  LeastShares least;
  for (const ServerProfile& server : server_profiles())
    if (server.capacity.limited())
      sheet.rows.push_back(limits_row(bench, server, least));
  sheet.rows.push_back(least.row());
  outcome.sheets.push_back(std::move(sheet));

  outcome.promise_in_all(least.with_failures,
                         "under a limit that moves, every item is completed");
  const std::string text =
      "each fixed limit falls further behind the best one on some server than "
      "the moving limit does anywhere";
  const std::string found =
      fmt::format("the least shares are {:.2f} and {:.2f}", least.best_fixed(),
                  least.adaptive);
  if (least.adaptive > least.best_fixed() || bench.full_scale())
    outcome.expect(least.adaptive > least.best_fixed(), text, found);
  else  // below it, what a task costs decides as much
    outcome.cannot_check(text, found + " at this --time-scale");
  outcome.remarks = {
      "The best limit is a property of the server, and of the hour: one that "
      "suits a server is many times too low, or too high, for another.",
      "A limit that moves needs some 30 rounds to pay; these runs have as many "
      "only where the best limit is at most 13. See docs/limits.md."};
  return outcome;
}

Outcome aimd(Workbench& bench) {
  Outcome outcome;
  Sheet sheet{fmt::format("{} items: a limit that heeds speed, and one that "
                          "heeds refusals alone",
                          many_items),
              {"server", "pace", "aimd", "in flight, pace", "aimd"},
              {}};
  for (const auto& [server, time, in_flight] : expected_of_aimd) {
    const std::vector<Item> items =
        items_on(bench, server_profile(server), many_items);
    const Figures pace = run(bench, items, moving);
    const Figures other = run(bench, items, moving, Controller::aimd);
    sheet.rows.push_back({server, wall_text(pace), wall_text(other),
                          fmt::format("{:.1f}", pace.mean_in_flight),
                          fmt::format("{:.1f}", other.mean_in_flight)});
    expect_at_least(outcome, time, seconds(other) / seconds(pace), server,
                    "takes");
    expect_at_least(outcome, in_flight,
                    other.mean_in_flight / pace.mean_in_flight, server,
                    "keeps in flight");
  }
  outcome.sheets.push_back(std::move(sheet));
  outcome.remarks = {
      "A server with slots refuses nothing: the limit rises for as long as the "
      "job lasts, and all that grows is the queue.",
      "Where more at once means less served, nothing is refused either, and "
      "the limit rises past the best one.",
      "A refusal for no reason of ours costs three tenths of the limit, and "
      "one more per round is slow to bring it back."};
  return outcome;
}

}  // namespace interleave::experiments
