#include "bench/compare/scale.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bench/compare/clause.hpp"
#include "bench/measure/descriptors.hpp"
#include "bench/text/units.hpp"
#include "bench/workload/origin_addresses.hpp"

namespace interleave {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t first_to_weigh = 100;
constexpr std::chrono::nanoseconds longest = 30s;
/// With fewer in flight, more items say nothing of more at once.
constexpr double most_of_them = 0.9;
constexpr std::uint64_t spare_tasks = 64;  // the origin, and who looks on

/// Long enough for all items to be started before the first has ended, on any
/// rung that a machine can climb.
Clock::duration wait_for(std::size_t items) {
  if (items < 100) return 100ms;
  return items < 1'000'000 ? 1s : 10s;
}

std::string over(std::uint64_t needs, std::string_view what,
                 const Allowance& allowed) {
  return fmt::format("{} {} are needed, {} allows {}", needs, what, allowed.who,
                     allowed.left);
}

/// What an item of the next rung will take: as on this one, or a guess.
double bytes_per_item(const ScaleSeries& ladder) {
  const Model& model = *ladder.cell->model;
  const auto guess = static_cast<double>(model.bytes_per_task);
  if (ladder.rungs.empty()) return guess;
  const ScaleStep& last = ladder.rungs.back();
  if (!last.taken || !last.resident) return guess;
  // Resident memory of processes counts shared pages in each.
  return model.task == TaskKind::process
             ? std::max(*last.taken, 256.0 * 1024)
             : std::max(*last.taken, *last.resident);
}

/// What starting and ending so many takes around their waiting.
std::chrono::nanoseconds expected_time(const ScaleSeries& ladder,
                                       std::size_t items) {
  if (ladder.rungs.empty()) return {};
  const ScaleStep& last = ladder.rungs.back();
  const auto more =
      static_cast<double>(items) / static_cast<double>(last.items);
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      more * std::max<Clock::duration>(last.wall - last.wait, {}));
}

CompareSettings settings_of(const ScaleSeries& ladder, std::size_t items) {
  CompareSettings settings;
  settings.workload = recipe(ladder.requests ? "pages" : "sleep").defaults;
  settings.workload.items = items;
  settings.workload.latency = {
      origin::WaitSpec::Kind::fixed, wait_for(items), {}};
  if (ladder.requests) settings.workload.bytes = 100;
  settings.cells = {ladder.cell};
  settings.runs = 1;
  settings.deadline = 2 * longest;
  return settings;
}

/// The most that was taken of the machine's memory while it is asked.
class MemoryWatch {
 public:
  void look() { least_ = std::min(least_, available_memory()); }
  double taken() const {
    return static_cast<double>(before_ - std::min(before_, least_));
  }

 private:
  const std::uint64_t before_ = available_memory();
  std::uint64_t least_ = before_;
};

ScaleStep rung_of(const ScaleSeries& ladder, const Figures& run,
                  std::size_t items, const MemoryWatch& memory) {
  ScaleStep rung;
  rung.items = items;
  rung.wait = wait_for(items);
  rung.wall = run.wall;
  rung.in_flight = run.peak_in_flight;
  const auto count = static_cast<double>(items);
  rung.cpu_per_item =
      static_cast<double>((run.cpu.user + run.cpu.system).count()) / count;
  rung.peak_rss_bytes = run.peak_rss_bytes;
  rung.own_rss_bytes = run.peak_rss_bytes -
                       std::min(run.peak_rss_bytes, run.inherited_rss_bytes);
  if (items < first_to_weigh || ladder.rungs.empty()) return rung;
  const std::uint64_t alone = ladder.rungs.front().own_rss_bytes;
  rung.resident = static_cast<double>(rung.own_rss_bytes -
                                      std::min(rung.own_rss_bytes, alone)) /
                  count;
  rung.taken = memory.taken() / count;
  return rung;
}

/// What kept items from completing, as the run told it.
std::string trouble_of(const Figures& run) {
  if (!run.errors.empty())
    return fmt::format("{} of {} items failed, the first: {}", run.error_count,
                       run.items, run.errors.front().error.text);
  return fmt::format("{} of {} items completed", run.tally.completed,
                     run.items);
}

class Climb {
 public:
  Climb(ScaleReport& report, const ShowProgress& progress)
      : report_(report), progress_(progress), stages_(planned()) {}

  void all_rungs(ScaleSeries& ladder) {
    const std::vector<std::size_t> rungs =
        rungs_to(most(ladder.requests), ladder.requests);
    const std::size_t done = stages_.done() + rungs.size();
    for (const std::size_t items : rungs) {
      std::string wall = objection(ladder, items, resources());
      if (wall.empty()) wall = climb(ladder, items);
      if (report_.interrupted) return;
      stages_.set_done(stages_.done() + 1);
      if (wall.empty()) continue;
      ladder.ended_at = items;
      ladder.wall = wall;
      break;
    }
    stages_.set_done(done);
  }

 private:
  std::size_t most(bool requests) const {
    return requests ? report_.settings.most_requests
                    : report_.settings.most_sleeping;
  }

  /// The rungs of all ladders.
  std::size_t planned() const {
    std::size_t rungs = 0;
    for (const bool requests : {false, true})
      rungs += report_.settings.cells.size() *
               rungs_to(most(requests), requests).size();
    return rungs;
  }

  /// What was in the way of these items, or nothing.
  std::string climb(ScaleSeries& ladder, std::size_t items) {
    MemoryWatch memory;
    CompareReport point;
    try {
      point = compare(settings_of(ladder, items), [&](const Progress& now) {
        memory.look();
        if (progress_) progress_(stages_.of_all(now));
      });
    } catch (const InfrastructureError& error) {
      return error.what();
    }
    report_.cores = point.cores;
    if (report_.date.empty()) report_.date = point.date;
    report_.interrupted = point.interrupted;
    if (!point.failure.empty()) return point.failure;
    const Figures& run = point.cells.front().runs.front();
    if (report_.interrupted) return "";
    if (!point.cells.front().verified) return trouble_of(run);
    ladder.rungs.push_back(rung_of(ladder, run, items, memory));
    if (run.refused.tasks > 0)
      return fmt::format(
          "the system refused {} of the tasks when they were due",
          run.refused.tasks);
    if (static_cast<double>(run.peak_in_flight) <
        most_of_them * static_cast<double>(items))
      return fmt::format("no more than {} were in flight at once",
                         run.peak_in_flight);
    return "";
  }

  ScaleReport& report_;
  const ShowProgress& progress_;
  CombinedProgress stages_;  // a rung each
};

}  // namespace

std::size_t ScaleSeries::most_in_flight() const {
  std::size_t most = 0;
  for (const ScaleStep& rung : rungs) most = std::max(most, rung.in_flight);
  return most;
}

std::vector<std::size_t> rungs_to(std::size_t most, bool requests) {
  std::vector<std::size_t> rungs;
  for (std::size_t items = 1; items < most;
       items *= items >= 1'000 && requests ? 4 : 10)
    rungs.push_back(items);
  if (most > 0) rungs.push_back(most);
  return rungs;
}

std::string objection(const ScaleSeries& ladder, std::size_t items,
                      const Resources& resources) {
  const TaskKind task = ladder.cell->model->task;
  const bool threads = task == TaskKind::thread;
  const std::size_t descriptors =
      descriptors_needed(*ladder.cell, items, Options(), ladder.requests);
  if (descriptors > resources.descriptors.left)
    return over(descriptors, "descriptors", resources.descriptors);
  if ((threads || task == TaskKind::process) &&
      items + spare_tasks > resources.tasks.left)
    return over(items, threads ? "threads" : "processes", resources.tasks);
  // A stack and the guard below it.
  if (threads && 2 * items > resources.maps.left)
    return over(2 * items, "memory maps", resources.maps);
  const std::size_t ports = busiest_address(items);
  if (ladder.requests && ports > resources.ports.left)
    return over(ports, "ports", resources.ports);
  const auto bytes = static_cast<std::uint64_t>(bytes_per_item(ladder) *
                                                static_cast<double>(items));
  if (bytes > resources.memory.left / 2)
    return fmt::format("{} would be taken, more than half of {} ({})",
                       format_size(bytes), resources.memory.who,
                       format_size(resources.memory.left));
  if (const auto time = expected_time(ladder, items); time > longest)
    return fmt::format("starting them would take {}, more than {}",
                       format_duration(time), format_duration(longest));
  return "";
}

ScaleReport scale(const ScaleSettings& settings, const ShowProgress& progress) {
  ScaleReport report;
  report.settings = settings;
  Climb climb(report, progress);
  for (const bool requests : {false, true}) {
    if ((requests ? settings.most_requests : settings.most_sleeping) == 0)
      continue;
    for (const Cell* cell : settings.cells) {
      if (report.interrupted) return report;
      ScaleSeries& ladder = report.ladders.emplace_back();
      ladder.cell = cell;
      ladder.requests = requests;
      climb.all_rungs(ladder);
    }
  }
  return report;
}

namespace {

Statements interruption(const ScaleReport& report) {
  if (!report.interrupted) return {};
  return {fmt::format("interrupted: in the last of {} ladders.",
                      report.ladders.size())};
}

std::string name_of(const ScaleSeries& ladder) {
  return fmt::format("{} with {}", ladder.cell->name(),
                     ladder.requests ? "requests" : "sleeping items");
}

Statements how_far(const ScaleReport& report) {
  Statements all;
  for (const ScaleSeries& ladder : report.ladders) {
    if (ladder.rungs.empty()) continue;
    std::string text = fmt::format("In flight: {}, up to {} at once",
                                   name_of(ladder), ladder.most_in_flight());
    if (ladder.ended_at > 0)
      text +=
          fmt::format("; at {}: {}", ladder.ended_at, printable(ladder.wall));
    all.push_back(text + '.');
  }
  return all;
}

Statements not_begun(const ScaleReport& report) {
  Statements all;
  for (const ScaleSeries& ladder : report.ladders)
    if (ladder.rungs.empty() && ladder.ended_at > 0)
      all.push_back(fmt::format("Not run: {}; at {}: {}.", name_of(ladder),
                                ladder.ended_at, printable(ladder.wall)));
  return all;
}

}  // namespace

std::string conclude(const ScaleReport& report) {
  return say_all<ScaleReport>(report, {interruption, how_far, not_begun});
}

}  // namespace interleave
