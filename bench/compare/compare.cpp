#include "bench/compare/compare.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bench/compare/schedule.hpp"
#include "bench/measure/background_load.hpp"
#include "bench/measure/context.hpp"
#include "bench/measure/descriptors.hpp"
#include "bench/measure/runner.hpp"
#include "bench/workload/origin_addresses.hpp"

namespace interleave {

namespace {

/// A run that would die for want of descriptors in its middle is refused
/// before it starts.
void require_descriptors(const CompareSettings& settings,
                         std::span<const Item> items) {
  const std::size_t limit = descriptor_limit();
  const bool connecting = connects(items);
  for (const Cell* cell : settings.cells) {
    const std::size_t needs =
        descriptors_needed(*cell, items.size(), settings.options, connecting);
    if (needs <= limit) continue;
    throw InfrastructureError(fmt::format(
        "{} needs {} file descriptors, and the limit is {}: raise it (ulimit "
        "-n), or take fewer items or a lower limit",
        cell->name(), needs, limit));
  }
}

void add_up(CellReport& cell, std::span<const Item> items,
            Clock::duration transfers, const Options& options,
            const ServerReplay* server) {
  cell.width = cell.cell->width(items.size(), options);
  std::size_t fewest_refused = cell.runs.empty() ? 0 : options.limit;
  for (const Figures& run : cell.runs)
    fewest_refused = std::min(fewest_refused, run.refused.workers);
  // A bound of every run, so of the one that got the most workers.
  cell.ideal = ideal(*cell.cell, Workload(items),
                     granted(*cell.cell, options, fewest_refused),
                     options.cores, transfers, server);
  add_figures(cell);
}

/// A cell is verified when all of its runs did the whole job and did the job
/// that the first complete cell did.
void verify(CompareReport& report) {
  const auto complete = [&](const Figures& run) {
    return run.tally.completed == report.items;
  };
  std::optional<std::uint64_t> reference;
  for (CellReport& cell : report.cells) {
    cell.verified =
        !cell.runs.empty() && std::ranges::all_of(cell.runs, complete);
    if (!cell.verified) continue;
    if (!reference) reference = cell.digest;
    cell.verified = std::ranges::all_of(cell.runs, [&](const Figures& run) {
      return run.digest == *reference;
    });
  }
}

/// What processing all items takes, by itself.
Clock::duration cpu_of(std::span<const Item> items) {
  Clock::duration cpu{};
  for (const Item& item : items) cpu += item.cpu;
  return cpu;
}

void add_up(CompareReport& report, std::span<const Item> items,
            Clock::duration transfers) {
  report.items_cpu = transfers + cpu_of(items);
  const ServerReplay server(items, report.settings.server);
  const bool limited = report.settings.server.limited();
  if (limited) report.best = server.best(items.size());
  for (CellReport& cell : report.cells)
    add_up(cell, items, transfers, report.settings.options,
           limited ? &server : nullptr);
}

CompareReport prepare(const CompareSettings& settings) {
  CompareReport report;
  report.settings = settings;
  report.date = utc_now();
  report.cores = report.settings.options.cores = usable_cores();
  for (const Cell* cell : settings.cells) {
    report.cells.emplace_back();
    report.cells.back().cell = cell;
  }
  return report;
}

}  // namespace

CompareReport compare(const CompareSettings& settings,
                      const ShowProgress& progress, std::stop_token stop) {
  const Clock::time_point began = Clock::now();
  const BackgroundLoad neighbours;
  CompareReport report = prepare(settings);
  const bool from_list = !settings.url_list.empty();
  report.has_origin = !from_list && recipe(settings.workload.name).needs_origin;
  Runner runner({.addresses = addresses_for(
                     settings.cells, settings.workload.items, settings.options),
                 .capacity = settings.server,
                 .replies = settings.workload.items},
                std::move(stop));
  std::vector<Item> items = from_list
                                ? *settings.url_list.items
                                : make_items(settings.workload, runner.urls());
  report.items = items.size();
  if (from_list)
    report.settings.options.trust = find_trust(settings.certificates, items);
  require_descriptors(settings, items);
  report.patience = patience_for(items, settings.options);
  Learnt learnt(items);
  Schedule schedule(report, items, from_list ? &learnt : nullptr, runner,
                    progress);
  try {
    schedule.run_all();
  } catch (const InfrastructureError& error) {
    // What was measured before still stands.
    if (!report.any_run()) throw;
    report.failure = error.what();
  }
  schedule.bring_back();

  add_up(report, items, learnt.transfers());
  verify(report);
  report.others = neighbours.share(runner.origin_cpu());
  report.took = Clock::now() - began;
  return report;
}

}  // namespace interleave
