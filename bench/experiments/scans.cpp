// scans-*: brain scans read from disk, parsed, and computed on.

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <stdexcept>

#include "async/files.hpp"
#include "bench/experiments/experiment.hpp"
#include "bench/experiments/files.hpp"
#include "bench/experiments/gated.hpp"
#include "bench/experiments/versions.hpp"
#include "bench/experiments/work/matrix.hpp"
#include "bench/origin/content.hpp"
#include "bench/workload/url_list.hpp"
#include "common/compute.hpp"

namespace interleave::experiments {

namespace {

constexpr std::size_t four = 4;
constexpr double computing = 0.1;  // s, on each scan

/// The files of one experiment, and what is done with them.
struct Scans {
  std::optional<TemporaryFolder> folder;
  std::vector<Item> items;
  Options options;
};

void prepare(const Workbench& bench, Scans& scans, std::size_t count) {
  scans.options.limit = bench.settings().limit.value_or(2);
  scans.options.queue_capacity = 2;
  scans.options.batch_size = 2;
  scans.options.cores = bench.cores();
  scans.options.allow_files = true;
  if (bench.settings().files.empty()) {
    scans.folder.emplace();
    scans.items = scan_items(*scans.folder, count);
  } else {
    scans.items = scan_items(bench.settings().files, scans.options);
  }
  const std::chrono::nanoseconds each = bench.scaled(computing);
  const std::uint64_t rounds = rounds_for(each, round_cost(1024));
  for (Item& item : scans.items) {
    item.rounds = rounds;
    item.cpu = each;
  }
}

std::string reading(const Options& options) {
  return fmt::format("Coroutines read files through {} here.",
                     async::file_reading(options));
}

/// Rows with real files in every cell of a pattern, and the order of loading
/// with replies released one by one.
Outcome scans_in(Workbench& bench, const Pattern& pattern) {
  Outcome outcome;
  Scans scans;
  prepare(bench, scans, four);
  std::vector<Measured> measured;
  std::size_t peak = 0;
  for (const Cell* cell : cells_of(pattern)) {
    measured.push_back(measure_version(
        bench, outcome,
        {"", std::string(pattern.name), cell, scans.options, {}, {}},
        scans.items));
    for (const Run& run : measured.back().runs)
      peak = std::max(peak, peak_in_flight(run.trace));
  }
  promise_equal(outcome, measured);
  const Cell& any = *cells_of(pattern).front();
  const std::size_t width = any.width(four, scans.options);
  if (pattern.width == ConcurrencyCap::limit)
    outcome.expect(peak <= scans.options.limit,
                   fmt::format("never more than {} files are being loaded",
                               scans.options.limit));
  promise_order(bench, outcome, pattern, four, scans.options, loading,
                equal_cost_order(four, width));
  outcome.remarks.emplace_back(
      "S = started loading, L = loaded. The files are real; the order is shown "
      "with replies that are held until the one before has had its effect. "
      "Tasks that start together may begin in any order in threads and "
      "processes: the system's scheduler decides.");
  outcome.remarks.push_back(reading(scans.options));
  return outcome;
}

}  // namespace

Outcome scans_one_by_one(Workbench& bench) {
  Outcome outcome = scans_in(bench, grid::one_by_one);
  outcome.remarks.insert(
      outcome.remarks.begin(),
      "Asynchronous in name only: awaiting in a loop is calling in a loop.");
  return outcome;
}

Outcome scans_gather(Workbench& bench) {
  Outcome outcome = scans_in(bench, grid::gather);
  outcome.remarks.insert(
      outcome.remarks.begin(),
      "The 0.1 s of computation run on the event loop, so in async they do not "
      "overlap; threads and processes compute on all cores. `pipeline` is the "
      "way out.");
  return outcome;
}

Outcome scans_semaphore(Workbench& bench) {
  return scans_in(bench, grid::semaphore);
}

Outcome scans_queue(Workbench& bench) {
  Outcome outcome = scans_in(bench, grid::queue);
  outcome.remarks.insert(
      outcome.remarks.begin(),
      "The original's workers processed a variable of the enclosing scope "
      "instead of the item they took, so one file was loaded again and again. "
      "Here a worker has the index it popped and nothing else in reach, and "
      "every body is checked against the file it has to be.");
  return outcome;
}

Trace run_with_a_bad_scan(Workbench& bench, const Cell& cell) {
  constexpr std::size_t count = 24, bad = 2;
  constexpr auto patience = std::chrono::seconds(20);
  static TemporaryFolder folder;
  std::vector<Item> items = scan_items(folder, count);
  items[bad].url = "file:" + folder.write("bad.nii", "no scan").string();
  items[bad].expected.reset();
  // The first two are held, so that the bad one meets a full queue, a producer
  // that waits for a place, and a worker that is busy.
  origin::Process& origin = bench.origin();
  for (std::size_t i = 0; i < bad; ++i) {
    items[i].url = origin.url(origin::gated_path({i, 1, 64, {}}));
    items[i].expected.reset();
    items[i].process_fn = nullptr;
  }
  Options options;
  options.limit = 2;
  options.queue_capacity = 2;
  options.allow_files = true;
  options.on_error = OnError::stop;
  return bench
      .run(cell, items, options,
           [&](RunControl& control) {
             origin.wait_until_held(0b11, patience);
             origin.release(1);
             const auto deadline = Clock::now() + patience;
             while (!control.stop && Clock::now() < deadline) usleep(50);
             origin.release(0);
           })
      .trace;
}

Outcome scans_queue_error(Workbench& bench) {
  constexpr int repeats = 10;
  Outcome outcome;
  Sheet sheet{"24 files, the third of which is no scan (last of 10 runs)",
              {"cell", "outcome", "root error"},
              {}};
  std::string otherwise;
  for (const Cell* cell : cells_of(grid::queue)) {
    Trace trace;
    for (int repeat = 0; repeat < repeats; ++repeat) {
      trace = run_with_a_bad_scan(bench, *cell);
      const bool kept = count_outcomes(trace) == Tally{2, 1, 21, 0, 0} &&
                        trace.results[2].status == Status::failed;
      if (!kept) add_name(otherwise, cell->name() + ": " + tally_text(trace));
    }
    sheet.rows.push_back({cell->name(), tally_text(trace), first_error(trace)});
  }
  outcome.sheets.push_back(std::move(sheet));
  outcome.expect(
      otherwise.empty(),
      "the root error is the only one, the two files that had started "
      "finish, the producer wakes, and 21 are skipped",
      otherwise);
  outcome.remarks = {
      "Who shuts a queue down must wake those who wait for a place in it. Here "
      "a stop lets the items pass through as skipped, so nobody waits for "
      "ever, and the error that is reported is the one that caused it."};
  return outcome;
}

namespace {

/// All outputs below each other: input order, whatever finished first.
Matrix whole_matrix(const std::vector<Item>& items, const Trace& trace) {
  const Results& results = trace.results;
  std::vector<std::string_view> outputs;
  for (const Result& result : results) outputs.push_back(result.output);
  try {
    return concatenate(outputs);
  } catch (const std::runtime_error&) {
    const std::size_t columns = decode_matrix(results[0].output).columns;
    for (std::size_t i = 1; i < results.size(); ++i)
      if (const auto other = decode_matrix(results[i].output).columns;
          other != columns)
        throw InputError(fmt::format(
            "{}: has {} columns, and {} has {}: name scans of one shape",
            name_of(items[i]), other, name_of(items[0]), columns));
    throw;
  }
}

}  // namespace

Outcome scans_matrix(Workbench& bench) {
  Outcome outcome;
  Scans scans;
  prepare(bench, scans, 12);
  bench.title("Processing imaging data", "files");
  Sheet sheet{"the matrix of all scans, first to last",
              {"cell", "shape", "digest"},
              {}};
  std::vector<Measured> measured;
  std::string otherwise;
  for (const Cell& cell : catalog()) {
    measured.push_back(measure_version(
        bench, outcome,
        {"", std::string(cell.pattern->name), &cell, scans.options, {}, {}},
        scans.items));
    if (!outcome.rows.back().verified) continue;
    const Matrix matrix = whole_matrix(scans.items, measured.back().trace());
    sheet.rows.push_back({cell.name(), shape_of(matrix),
                          fmt::format("{:016x}", digest_of(matrix))});
    if (sheet.rows.back()[2] != sheet.rows.front()[2])
      add_name(otherwise, cell.name());
  }
  promise_equal(outcome, measured);
  const bool any = !sheet.rows.empty();
  outcome.expect(any && otherwise.empty(),
                 "every cell makes one and the same matrix",
                 any ? "another one in " + otherwise : "no cell made one");
  outcome.sheets.push_back(std::move(sheet));
  outcome.remarks = {
      "The original appended results as they were completed, so its matrix "
      "depended on who was quick. results[i] belongs to items[i] here.",
      reading(scans.options)};
  return outcome;
}

}  // namespace interleave::experiments
