// Reports of comparisons that never ran: made by hand, so every digit is known.
#include "bench/report/report.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>

#include "bench/compare/stages.hpp"
#include "bench/report/difference.hpp"
#include "bench/report/facts.hpp"
#include "bench/report/progress.hpp"
#include "bench/text/text.hpp"

namespace interleave {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

constexpr auto origin_of_time = Clock::time_point(1s);
constexpr std::size_t item_count = 4;

Context context_by_hand() {
  Context context;
  context.host = "bench-1";
  context.kernel = "Linux 6.1.0";
  context.cpu_model = "AMD EPYC";
  context.cores = 2;
  context.cores_online = 4;
  context.descriptors = 1024;
  context.version = "0.1.0";
  context.git_commit = "abc123";
  context.compiler = "GNU 12.2.0";
  context.flags = "-O3";
  context.build_type = "Release";
  context.libraries = {{"fmt", "9.1.0"}};
  return context;
}

/// Items one after the other, 10 ms each, the first one millisecond late.
Run run_by_hand(Clock::duration took) {
  Run run;
  run.trace.began = origin_of_time;
  run.trace.ended = origin_of_time + took;
  for (std::size_t i = 0; i < item_count; ++i) {
    const auto started =
        origin_of_time + 1ms + 10ms * static_cast<std::int64_t>(i);
    Result result;
    result.status = Status::completed;
    result.queued = started - 1ms;
    result.started = started;
    result.downloaded = started + 8ms;
    result.processing = started + 8ms;
    result.finished = started + 10ms;
    result.downloaded_on = result.processed_on = {100, 101};
    result.bytes = 1024;
    result.digest = i + 1;
    run.trace.results.push_back(result);
  }
  run.cpu = {3ms, 1ms};
  run.peak_rss_bytes = std::uint64_t{8} << 20;
  run.connections = 1;
  run.origin_peak_in_flight = 1;
  run.origin_requests = item_count;
  return run;
}

CellReport cell_by_hand(std::string_view name, double wall_ns,
                        std::chrono::nanoseconds ideal, Bound bound) {
  CellReport cell;
  cell.cell = select_cells(name).front();
  const Run run = run_by_hand(std::chrono::nanoseconds(std::int64_t(wall_ns)));
  cell.runs.assign(3, figures_of(run));
  cell.traces.assign(3, run.trace);
  cell.wall = {wall_ns, wall_ns * 0.98, wall_ns * 1.02, 0.75};
  cell.makespan = {wall_ns * 0.9, wall_ns * 0.9, wall_ns * 0.9};
  cell.cpu = {4e6, 4e6, 4e6};
  cell.cpu_user = {3e6, 3e6, 3e6};
  cell.cpu_system = {1e6, 1e6, 1e6};
  cell.peak_rss = {8 << 20, 8 << 20, 8 << 20};
  cell.ideal = Ideal{ideal, bound};
  cell.width = cell.peak_in_flight = cell.peak_held = 1;
  cell.origin_peak_in_flight = 1;
  cell.queue_wait = {1ms, 1ms, 2ms};
  cell.latency = {10ms, 11ms, 12ms};
  cell.connections = 1;
  cell.bytes = 4096;
  cell.digest = 0xabc;
  cell.verified = true;
  return cell;
}

CompareReport report_by_hand() {
  CompareReport report;
  report.settings.workload = recipe("pages").defaults;
  report.settings.workload.items = item_count;
  report.items = item_count;
  report.cores = 2;
  report.has_origin = true;
  report.date = "2026-01-02T03:04:05Z";
  report.runs_planned = report.runs_done = 8;
  report.cells.push_back(
      cell_by_hand("sequential/one_by_one", 82e6, 80ms, Bound::waiting));
  report.cells.push_back(
      cell_by_hand("threads/queue", 41e6, 40ms, Bound::limit));
  report.cells.push_back(cell_by_hand("async/queue", 40.4e6, 40ms, Bound::cpu));
  return report;
}

/// Makes something else of what happened in the first of the three runs.
template <class Edit>
CellReport& edit_first_run(CellReport& cell, Edit edit) {
  Run run = run_by_hand({});
  run.trace = cell.traces.front();
  edit(run.trace.results);
  cell.runs.front() = figures_of(run);
  cell.traces.front() = run.trace;
  return cell;
}

/// One item failed and one was skipped.
CellReport& fail_two_items(CellReport& cell,
                           const char* text = "nothing\x1b[31m for 30 s") {
  cell.verified = false;
  return edit_first_run(cell, [&](Results& results) {
    results[1].status = Status::failed;
    results[1].error = {ErrorKind::timeout, text};
    results[2] = Result();
    results[2].status = Status::skipped;
  });
}

/// The report of one cell, which was run once.
CompareReport only(CellReport cell) {
  CompareReport report = report_by_hand();
  cell.runs.resize(1);
  cell.traces.resize(1);
  report.cells = {std::move(cell)};
  return report;
}

std::string table(const CompareReport& report, std::size_t columns,
                  bool unicode = false, bool colour = false) {
  return table_of(report, context_by_hand(),
                  {.columns = columns, .colour = colour, .unicode = unicode});
}

std::string conclusion(const CompareReport& report, std::size_t columns) {
  return statements(conclude(report), columns);
}

std::size_t widest_line(std::string_view text) {
  std::size_t widest = 0;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    widest = std::max(widest, width_of(text.substr(start, end - start)));
    start = end + 1;
  }
  return widest;
}

TEST(Table, ShowsTimeAndItsWorthInSixtyColumns) {
  const CompareReport report = report_by_hand();
  EXPECT_EQ(table(report, 60),
            R"(pages: 4 items of 10.7 KiB, each after 20ms of waiting;
  limit 8, queue of 8, batches of 8, seed 1
2 of 4 cores of AMD EPYC, Linux 6.1.0; GNU 12.2.0 Release
  -O3

              wall            of                in
model           ms         ideal  bound    flight*  verified
------------------------------------------------------------
one_by_one: the next item starts when the last one finished
  sequential  82.0 +-2.0%    98%  waiting      1/1  yes
queue: a fixed crew of `limit` workers is fed by a bounde...
  threads     41.0 +-2.0%    98%  limit        1/1  yes
  async       40.4 +-2.0%    99%  cpu          1/1  yes

wall: median of 3 runs +- half its own 75% interval; *most
at once, as the trace / the origin saw

)" + conclusion(report, 60));
}

TEST(Table, AddsCostsInEightyColumns) {
  const CompareReport report = report_by_hand();
  // The line break that opens it is none of the table's.
  const std::string expected = std::string(R"(
pages: 4 items of 10.7 KiB, each after 20ms of waiting; limit 8, queue of 8,
  batches of 8, seed 1
2 of 4 cores of AMD EPYC, Linux 6.1.0; GNU 12.2.0 Release -O3

              wall           of               CPU  memory       in
model           ms        ideal  bound    us/item     MiB  flight*  verified
────────────────────────────────────────────────────────────────────────────
one_by_one: the next item starts when the last one finished
  sequential  82.0 ±2.0%    98%  waiting     1000    8.00      1/1  yes
queue: a fixed crew of `limit` workers is fed by a bounded queue
  threads     41.0 ±2.0%    98%  limit       1000    8.00      1/1  yes
  async       40.4 ±2.0%    99%  cpu         1000    8.00      1/1  yes

wall: median of 3 runs ± half its own 75% interval; *most at once, as the trace
/ the origin saw

)")
                                   .substr(1);
  EXPECT_EQ(table(report, 80, true), expected + conclusion(report, 80));
}

TEST(Table, ShowsEverythingInAHundredAndFortyColumns) {
  const std::string text = table(report_by_hand(), 140);
  const std::string head =
      "              wall         ideal     of           speed-      CPU"
      "  user   sys  memory       in    at  connec-  over-  makespan\n"
      "model           ms            ms  ideal  bound        up  us/item"
      "    ms    ms     MiB  flight*  most    tions  takes        ms  "
      "verified\n";
  const std::string row =
      "  threads     41.0 +-2.0%   40.0    98%  limit      2.00     1000"
      "  3.00  1.00    8.00      1/1     1        1      0      36.9  yes\n";
  EXPECT_NE(text.find(head + std::string(136, '-') + '\n'), std::string::npos)
      << text;
  EXPECT_NE(text.find(row), std::string::npos) << text;
}

TEST(Table, ClaimsNoSpreadOfASingleRun) {
  CompareReport report = report_by_hand();
  report.settings.runs = 1;
  for (CellReport& cell : report.cells) cell.runs.resize(1);
  const std::string text = table(report, 80);
  EXPECT_EQ(text.find("+-"), std::string::npos) << text;
  EXPECT_NE(text.find("wall: of one run; "), std::string::npos) << text;
}

TEST(Table, NeverExceedsTheWidthItIsGiven) {
  CompareReport report = report_by_hand();
  fail_two_items(report.cells[1]);
  report.cells[2].origin_was_bottleneck = true;
  report.interrupted = true;
  for (std::size_t columns = 20; columns <= 200; ++columns)
    for (const bool unicode : {false, true})
      EXPECT_LE(widest_line(table(report, columns, unicode)), columns);
}

TEST(Table, HasNoSpacesAtTheEndOfALine) {
  for (const std::size_t columns : {60u, 80u, 140u})
    EXPECT_EQ(table(report_by_hand(), columns).find(" \n"), std::string::npos);
}

TEST(Table, IsAsciiUnlessToldOtherwise) {
  const std::string text = table(report_by_hand(), 140);
  EXPECT_TRUE(std::ranges::all_of(
      text, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
}

TEST(Table, SaysTheSameWithoutColour) {
  const std::string plain = table(report_by_hand(), 80);
  const std::string coloured = table(report_by_hand(), 80, false, true);
  std::string stripped;
  for (std::size_t i = 0; i < coloured.size(); ++i) {
    if (coloured[i] == '\x1b') {
      i = coloured.find('m', i);
      continue;
    }
    stripped += coloured[i];
  }
  EXPECT_NE(coloured, plain);
  EXPECT_EQ(stripped, plain);
}

TEST(Table, TellsAFailedCellInWordsAndGivesItNoTimes) {
  CompareReport report = report_by_hand();
  fail_two_items(report.cells[1]);
  const std::string text = table(report, 80);
  EXPECT_NE(text.find("  threads     2 of 4 items completed, 1 failed, "
                      "1 skipped; item 2: timeout: n...\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("First error in threads/queue: item 2: timeout: "
                      "nothing\\x1b[31m for 30 s\n"),
            std::string::npos)
      << text;
  EXPECT_EQ(text.find("41.0"), std::string::npos) << text;
}

TEST(Table, TellsAnErrorThatManyCellsHaveOnce) {
  CompareReport report = report_by_hand();
  fail_two_items(report.cells[1]);
  fail_two_items(report.cells[2]);
  EXPECT_NE(table(report, 200)
                .find("First error in threads/queue, "
                      "async/queue: item 2: timeout: "),
            std::string::npos);
}

TEST(Table, TellsACellWhoseDigestDiffers) {
  CompareReport report = report_by_hand();
  report.cells[1].verified = false;
  EXPECT_NE(
      table(report, 80).find("  threads     not verified: digests differ"),
      std::string::npos);
}

TEST(Table, SaysHowFarAnInterruptedComparisonCame) {
  CompareReport report = report_by_hand();
  report.interrupted = true;
  report.runs_done = 5;
  report.cells[1] = CellReport();
  report.cells[1].cell = select_cells("threads/queue").front();
  report.cells[2].runs.resize(2);
  fail_two_items(report.cells[2]);
  const std::string text = table(report, 80);
  EXPECT_NE(text.find("interrupted: 18 of 20 counted items, after 5 of 8 runs"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("median of 2 to 3 runs"), std::string::npos) << text;
  EXPECT_NE(text.find("  threads     not run\n"), std::string::npos) << text;
}

TEST(Table, WarnsOfItemsLostWhereNothingIsCounted) {
  CompareReport report = report_by_hand();
  report.lost_uncounted = 1;
  EXPECT_NE(table(report, 200)
                .find("an item was lost with the process that "
                      "held it, in runs that are not counted"),
            std::string::npos);
}

TEST(Table, TellsWhyARunEndedEarly) {
  CompareReport report = report_by_hand();
  report.settings.deadline = 30s;
  CellReport& cell = fail_two_items(report.cells[1]);
  cell.runs[0].cut_short = CutShort::deadline;
  EXPECT_NE(table(report, 200)
                .find("1 skipped; stopped at its deadline of "
                      "30.0 s; item 2"),
            std::string::npos)
      << table(report, 200);
  cell.runs[0].cut_short = CutShort::stall;
  cell.runs[0].killed = true;
  report.patience = 70s;
  EXPECT_NE(table(report, 200)
                .find("stopped after 70.0 s in which nothing "
                      "began or ended, its process killed"),
            std::string::npos)
      << table(report, 200);
}

TEST(Table, RanksNothingWhereTheMeasurementFailed) {
  CompareReport report = report_by_hand();
  report.failure = "origin exited (SIGKILL) after 3.2 s of threads/queue";
  report.runs_done = 5;
  EXPECT_NE(table(report, 200)
                .find("Nothing is ranked: after 5 of 8 runs, origin "
                      "exited (SIGKILL) after 3.2 s of threads/queue."),
            std::string::npos);
  EXPECT_EQ(Json::parse(json_of(report, context_by_hand()))["failure"],
            report.failure);
}

TEST(Table, NamesRunsThatLieFarFromTheOthers) {
  CompareReport report = report_by_hand();
  report.cells[0].outliers = {2};
  report.cells[1].outliers = {0, 4};
  EXPECT_NE(table(report, 200)
                .find("Far from the other runs, and counted all the same: "
                      "sequential/one_by_one (run 3), threads/queue (runs 1, "
                      "5).\n"),
            std::string::npos);
}

TEST(Table, WarnsOfOtherProgramsThatUsedTheMachine) {
  CompareReport report = report_by_hand();
  report.others = 0.099;
  EXPECT_EQ(conclude(report).find("other programs"), std::string::npos);
  report.others = 0.38;
  EXPECT_NE(conclude(report).find("other programs used 38% of the CPU"),
            std::string::npos);
}

TEST(Wide, ShowsWhatItemsWaitedAndHowLateTheLoopWas) {
  CompareReport report = report_by_hand();
  report.cells[2].loop_lag = Percentiles{50us, 4ms, 5ms};
  fail_two_items(report.cells[0]);
  const std::string text = '\n' + percentiles_of(report, {.columns = 80});
  EXPECT_EQ(text.substr(0, text.find("\n\n")), R"(
              wait  wait  wait  took  took  took    lag   lag   lag
model          p50   p99   max   p50   p99   max    p50   p99   max
-------------------------------------------------------------------
one_by_one
  sequential  2 of 4 items completed, 1 failed, 1 skipped
queue
  threads     1.00  1.00  2.00  10.0  11.0  12.0      -     -     -
  async       1.00  1.00  2.00  10.0  11.0  12.0  0.050  4.00  5.00)");
  for (std::size_t columns = 20; columns <= 120; ++columns)
    EXPECT_LE(widest_line(percentiles_of(report, {.columns = columns})),
              columns);
}

TEST(Table, WarnsOfAnOriginThatSetThePace) {
  CompareReport report = report_by_hand();
  report.cells[2].origin_was_bottleneck = true;
  EXPECT_NE(table(report, 200).find("for most of a core's time in async/queue"),
            std::string::npos);
}

TEST(Conclusion, WarnsOfWhatTheSystemRefused) {
  CompareReport report = report_by_hand();
  report.cells[1].refused.workers = 3;
  report.cells[2].refused.tasks = 5;
  const std::string text = conclude(report);
  EXPECT_NE(
      text.find("refused 3 of the workers of " + report.cells[1].cell->name()),
      std::string::npos);
  EXPECT_NE(text.find("5 of the tasks of " + report.cells[2].cell->name() +
                      " had to wait"),
            std::string::npos);
}

TEST(Table, LeavesOutWhatAnOriginWouldHaveSeen) {
  CompareReport report = report_by_hand();
  report.settings.workload = recipe("sleep").defaults;
  report.has_origin = false;
  const std::string text = table(report, 80);
  EXPECT_EQ(text.find('*'), std::string::npos) << text;
  EXPECT_EQ(text.find("1/1"), std::string::npos) << text;
}

TEST(Table, ShowsADashForAnIdealNobodyKnows) {
  CompareReport report = report_by_hand();
  report.settings.url_list.name = "urls.txt";
  report.cells[1].ideal.reset();
  const std::string text = table(report, 80);
  EXPECT_TRUE(text.starts_with("urls.txt: 4 items; limit 8")) << text;
  EXPECT_NE(text.find("  threads     41.0 +-2.0%      -  -  "),
            std::string::npos)
      << text;
}

Json parsed(const CompareReport& report) {
  return Json::parse(json_of(report, context_by_hand()));
}

TEST(CompareJson, KnowsAListByWhatStandsInIt) {
  CompareReport report = report_by_hand();
  report.settings.url_list = {"my/list", {}, 0xabc};
  EXPECT_EQ(parsed(report)["workload"], Json({{"name", "urls"},
                                              {"file", "my/list"},
                                              {"items", 4},
                                              {"digest", "0000000000000abc"},
                                              {"insecure", false}}));
}

TEST(CompareJson, CarriesTheContext) {
  const Json json = parsed(report_by_hand());
  EXPECT_EQ(json["schema"], "interleave/compare/v1");
  const Json& context = json["context"];
  EXPECT_EQ(context["host"], "bench-1");
  EXPECT_EQ(context["cores"], 2);
  EXPECT_EQ(context["compiler"], "GNU 12.2.0");
  EXPECT_EQ(context["flags"], "-O3");
  EXPECT_EQ(context["build_type"], "Release");
  EXPECT_EQ(context["libraries"], Json({{"fmt", "9.1.0"}}));
  EXPECT_EQ(context["git_commit"], "abc123");
  EXPECT_EQ(context["date"], "2026-01-02T03:04:05Z");
  EXPECT_EQ(context["limits"],
            Json({{"descriptors", 1024}, {"processes", nullptr}}));
  EXPECT_EQ(context["kernel"], "Linux 6.1.0");
  EXPECT_EQ(context["cpu_model"], "AMD EPYC");
}

TEST(CompareJson, CarriesTheJob) {
  const CompareReport report = report_by_hand();
  const Json json = parsed(report);
  EXPECT_EQ(json["workload"], Json({{"name", "pages"},
                                    {"items", 4},
                                    {"latency", "20ms"},
                                    {"bytes", 10966},
                                    {"cpu_ns", 0},
                                    {"seed", 1},
                                    {"fault_rate", 0.0},
                                    {"faults", Json::array()}}));
  EXPECT_EQ(json["options"], Json({{"limit", 8},
                                   {"queue_capacity", 8},
                                   {"producers", 2},
                                   {"batch_size", 8},
                                   {"cores", 1},
                                   {"timeout_ns", 30'000'000'000},
                                   {"max_body_bytes", 256 << 20},
                                   {"on_error", "collect"},
                                   {"transport", "curl"},
                                   {"runs", 5},
                                   {"deadline_ns", nullptr}}));
  EXPECT_EQ(json["seed"], 1);
  EXPECT_EQ(json["items"], 4);
  EXPECT_EQ(json["conclusion"], conclude(report));
  EXPECT_EQ(json["comparable"], true);
  EXPECT_EQ(json["interrupted"], false);
  EXPECT_EQ(json["failure"], nullptr);
}

TEST(CompareJson, CarriesEveryCell) {
  Json cell = parsed(report_by_hand())["cells"][1];
  cell.erase("runs");
  EXPECT_EQ(cell, Json({{"cell", "threads/queue"},
                        {"model", "threads"},
                        {"pattern", "queue"},
                        {"limit", 8},
                        {"width", 1},
                        {"items", 4},
                        {"completed", 4},
                        {"failed", 0},
                        {"skipped", 0},
                        {"lost", 0},
                        {"not_run", 0},
                        {"bytes", 4096},
                        {"digest", "0000000000000abc"},
                        {"verified", true},
                        {"wall_ns", 41'000'000},
                        {"wall_ns_low", 40'180'000},
                        {"wall_ns_high", 41'820'000},
                        {"confidence", 0.75},
                        {"spread", cell["spread"]},
                        {"outliers", Json::array()},
                        {"makespan_ns", 36'900'000},
                        {"ideal_ns", 40'000'000},
                        {"of_ideal", cell["of_ideal"]},
                        {"bound", "limit"},
                        {"speedup", 2.0},
                        {"cpu_user_ns", 3'000'000},
                        {"cpu_system_ns", 1'000'000},
                        {"cpu_per_item_ns", 1'000'000},
                        {"peak_rss_bytes", 8 << 20},
                        {"peak_in_flight", 1},
                        {"peak_held", 1},
                        {"origin_peak_in_flight", 1},
                        {"connections", 1},
                        {"overtakes", 0},
                        {"queue_wait_p50_ns", 1'000'000},
                        {"queue_wait_p99_ns", 1'000'000},
                        {"queue_wait_max_ns", 2'000'000},
                        {"latency_p50_ns", 10'000'000},
                        {"latency_p99_ns", 11'000'000},
                        {"latency_max_ns", 12'000'000},
                        {"loop_lag_p50_ns", nullptr},
                        {"loop_lag_p99_ns", nullptr},
                        {"loop_lag_max_ns", nullptr},
                        {"workers_refused", 0},
                        {"tasks_delayed", 0},
                        {"origin_was_bottleneck", false}}));
  EXPECT_NEAR(cell["spread"].get<double>(), 0.02, 1e-9);
  EXPECT_NEAR(cell["of_ideal"].get<double>(), 40.0 / 41.0, 1e-9);
}

TEST(CompareJson, CarriesEveryRun) {
  const Json json = parsed(report_by_hand());
  ASSERT_EQ(json["cells"][1]["runs"].size(), 3u);
  EXPECT_EQ(json["cells"][1]["runs"][0], Json({{"wall_ns", 41'000'000},
                                               {"makespan_ns", 40'000'000},
                                               {"overhead_ns", 1'000'000},
                                               {"cpu_user_ns", 3'000'000},
                                               {"cpu_system_ns", 1'000'000},
                                               {"peak_rss_bytes", 8 << 20},
                                               {"peak_in_flight", 1},
                                               {"peak_held", 1},
                                               {"completed", 4},
                                               {"failed", 0},
                                               {"skipped", 0},
                                               {"lost", 0},
                                               {"not_run", 0},
                                               {"connections", 1},
                                               {"origin_peak_in_flight", 1},
                                               {"origin_requests", 4},
                                               {"origin_cpu_ns", 0},
                                               {"overtakes", 0},
                                               {"error_count", 0},
                                               {"errors", Json::array()},
                                               {"cut_short", nullptr},
                                               {"killed", false}}));
}

TEST(CompareJson, ListsErrorsByItemAndKind) {
  CompareReport report = report_by_hand();
  fail_two_items(report.cells[1]);
  const Json cell = parsed(report)["cells"][1];
  EXPECT_EQ(cell["completed"], 2);
  EXPECT_EQ(cell["failed"], 1);
  EXPECT_EQ(cell["skipped"], 1);
  EXPECT_EQ(cell["verified"], false);
  EXPECT_EQ(cell["speedup"], nullptr);
  EXPECT_EQ(cell["runs"][0]["error_count"], 1);
  EXPECT_EQ(cell["runs"][0]["errors"],
            Json::array({{{"item", 2},
                          {"kind", "timeout"},
                          {"text", "nothing\x1b[31m for 30 s"}}}));
}

TEST(CompareJson, ListsTwentyErrorsAndCountsAll) {
  CompareReport report = report_by_hand();
  Result failed;
  failed.status = Status::failed;
  failed.error = {ErrorKind::http, "http 404"};
  edit_first_run(report.cells[1],
                 [&](Results& results) { results.assign(30, failed); });
  const Json run = parsed(report)["cells"][1]["runs"][0];
  EXPECT_EQ(run["errors"].size(), 20u);
  EXPECT_EQ(run["error_count"], 30);
}

TEST(CompareJson, IsNullWhereNothingIsKnown) {
  CompareReport report = report_by_hand();
  report.cells[1].ideal.reset();
  report.cells.erase(report.cells.begin());  // sequential
  const Json cell = parsed(report)["cells"][0];
  for (const char* name : {"ideal_ns", "of_ideal", "bound", "speedup"})
    EXPECT_EQ(cell[name], nullptr) << name;
}

TEST(CompareJson, KnowsNeitherNanNorInfinity) {
  CompareReport report = report_by_hand();
  const Cell* cell = report.cells[1].cell;
  report.cells[1] = CellReport();  // zeros, and nothing ran
  report.cells[1].cell = cell;
  report.cells[2].wall.median = 0;
  report.cells[2].wall.high = std::numeric_limits<double>::infinity();
  report.cells[2].cpu_user.median = std::numeric_limits<double>::quiet_NaN();
  const std::string text = json_of(report, context_by_hand());
  EXPECT_EQ(text.find("nan"), std::string::npos);
  EXPECT_EQ(text.find("inf"), std::string::npos);
  const Json json = Json::parse(text);
  EXPECT_EQ(json["cells"][1]["not_run"], 4);
  EXPECT_EQ(json["cells"][1]["spread"], 0.0);
  EXPECT_EQ(json["cells"][2]["wall_ns_high"], nullptr);
  EXPECT_EQ(json["cells"][2]["cpu_user_ns"], nullptr);
}

TEST(CompareJson, ReplacesBytesThatAreNotUtf8) {
  CompareReport report = report_by_hand();
  fail_two_items(report.cells[1], "\xff\xfe");
  EXPECT_NO_THROW(parsed(report));
}

// ---- differences ----

/// Nothing but the second cell's runs differs: they take half as long again.
Difference difference_by_hand() {
  CompareReport report = report_by_hand();
  fail_two_items(report.cells[0]);
  const SavedReport base =
      parse_saved(json_of(report, context_by_hand()), "base.json");
  for (Figures& run : report.cells[1].runs) run.wall += run.wall / 2;
  Context later = context_by_hand();
  later.git_commit = "def456";
  return difference_of(base, parse_saved(json_of(report, later), "new.json"),
                       {});
}

TEST(Diff, ReadsWhatCompareWrites) {
  const Difference all = difference_by_hand();
  EXPECT_TRUE(all.disagreements.empty());
  ASSERT_EQ(all.cells.size(), 3u);
  EXPECT_EQ(all.base.cells[2].walls_ns, std::vector<double>(3, 40'400'000));
  EXPECT_GT(all.base.terms.size(), 20u) << "everything a time depends on";
  for (const char* term :
       {"context.cpu_model", "context.kernel", "context.libraries.fmt",
        "options.limit", "workload.latency", "context.flags"})
    EXPECT_TRUE(all.base.terms.contains(term)) << term;
}

TEST(Diff, HasALineForEveryCell) {
  EXPECT_EQ(table_of(difference_by_hand(), {.columns = 76}),
            R"(BASE: base.json, 2026-01-02T03:04:05Z, commit abc123
NEW: new.json, 2026-01-02T03:04:05Z, commit def456

                       BASE
cell                     ms  ratio  verdict
------------------------------------------------------------------------
sequential/one_by_one  82.0      -  not comparable: not verified in BASE
threads/queue          41.0  1.500  slower
async/queue            40.4  1.000  no difference found

ratio: median wall of NEW / of BASE. The intervals of all cells hold at once
in 99.9 % of comparisons. A change counts from 5 % on, when its interval
does not hold 1.

Slower: threads/queue (1.50x).
No difference: of 5% or more, in 1 of 3 cells.
Not comparable: 1 of 3 cells.
)");
  const std::string wide = table_of(difference_by_hand(), {.columns = 100});
  EXPECT_NE(wide.find("threads/queue          41.0  61.5  1.500  1.500 to "
                      "1.500  slower\n"),
            std::string::npos)
      << wide;
}

TEST(Diff, NeverExceedsTheWidthItIsGiven) {
  for (std::size_t columns = 22; columns <= 120; ++columns)
    EXPECT_LE(widest_line(table_of(difference_by_hand(), {.columns = columns})),
              columns);
}

TEST(Diff, IsJsonToo) {
  const Json json = Json::parse(json_of(difference_by_hand()));
  EXPECT_EQ(json["schema"], "interleave/diff/v1");
  EXPECT_EQ(json["base"]["git_commit"], "abc123");
  EXPECT_EQ(json["new"]["file"], "new.json");
  EXPECT_EQ(json["slower"], 1);
  EXPECT_EQ(json["faster"], 0);
  EXPECT_EQ(json["confidence"], 1 - 0.001 / 2);
  EXPECT_EQ(json["cells"][1], Json({{"cell", "threads/queue"},
                                    {"verdict", "slower"},
                                    {"why", nullptr},
                                    {"ratio", 1.5},
                                    {"ratio_low", 1.5},
                                    {"ratio_high", 1.5},
                                    {"base_wall_ns", 41'000'000},
                                    {"new_wall_ns", 61'500'000},
                                    {"base_runs", 3},
                                    {"new_runs", 3}}));
  EXPECT_EQ(json["cells"][0]["ratio"], nullptr);
  EXPECT_EQ(json["cells"][0]["why"], "not verified in BASE");
}

TEST(Diff, IsNullWhereAnIntervalHasNoEnd) {
  Difference all = difference_by_hand();
  all.cells[1].ratio = {1.5, 0, std::numeric_limits<double>::infinity()};
  const Json json = Json::parse(json_of(all));
  EXPECT_EQ(json["cells"][1]["ratio_low"], nullptr);
  EXPECT_EQ(json["cells"][1]["ratio_high"], nullptr);
}

TEST(Diff, IsMarkdownToo) {
  const std::string text = markdown_of(difference_by_hand());
  EXPECT_NE(text.find("| threads/queue | 41.0 ms | 61.5 ms | 1.500 | 1.500 to "
                      "1.500 | slower |\n"),
            std::string::npos)
      << text;
}

TEST(RunJson, CarriesTheStampsOfEveryItem) {
  CompareReport report = report_by_hand();
  report = only(fail_two_items(report.cells[1]));
  const Json json = Json::parse(run_json_of(report, context_by_hand()));
  EXPECT_EQ(json["schema"], "interleave/run/v1");
  EXPECT_EQ(json["cell"]["cell"], "threads/queue");
  const Json& run = json["runs"][0];
  EXPECT_EQ(run["completion_order"], Json({1, 2, 4}));
  EXPECT_EQ(run["items"][0],
            Json({{"item", 1},
                  {"status", "completed"},
                  {"error", nullptr},
                  {"queued_ns", 0},
                  {"started_ns", 1'000'000},
                  {"downloaded_ns", 9'000'000},
                  {"processing_ns", 9'000'000},
                  {"finished_ns", 11'000'000},
                  {"downloaded_on", {{"process", 100}, {"thread", 101}}},
                  {"processed_on", {{"process", 100}, {"thread", 101}}},
                  {"bytes", 1024},
                  {"digest", "0000000000000001"},
                  {"output", ""}}));
  EXPECT_EQ(run["items"][1]["error"]["kind"], "timeout");
  EXPECT_EQ(run["items"][2]["started_ns"], nullptr);
  EXPECT_EQ(run["items"][2]["downloaded_on"], nullptr);
}

/// The fields of one line, quotes taken off.
std::vector<std::string> csv_fields(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (quoted && line.substr(i, 2) == "\"\"")
      fields.back() += line[++i];
    else if (line[i] == '"')
      quoted = !quoted;
    else if (line[i] == ',' && !quoted)
      fields.emplace_back();
    else
      fields.back() += line[i];
  }
  return fields;
}

std::string csv_value(const std::string& csv, std::size_t row,
                      std::string_view column) {
  std::vector<std::vector<std::string>> lines;
  for (std::size_t start = 0; start < csv.size();) {
    const std::size_t end = csv.find("\r\n", start);
    lines.push_back(csv_fields(csv.substr(start, end - start)));
    start = end + 2;
  }
  const auto found = std::ranges::find(lines.at(0), column);
  EXPECT_NE(found, lines[0].end()) << column;
  EXPECT_EQ(lines.at(row).size(), lines[0].size());
  return lines.at(row).at(static_cast<std::size_t>(found - lines[0].begin()));
}

TEST(Csv, HasARowForEveryCell) {
  const std::string csv = csv_of(report_by_hand());
  EXPECT_EQ(csv_value(csv, 1, "cell"), "sequential/one_by_one");
  EXPECT_EQ(csv_value(csv, 2, "wall_ns"), "41000000");
  EXPECT_EQ(csv_value(csv, 2, "bound"), "limit");
  EXPECT_EQ(csv_value(csv, 2, "speedup"), "2.000000");
  EXPECT_EQ(csv_value(csv, 3, "verified"), "true");
  EXPECT_EQ(std::ranges::count(csv, '\n'), 4);
}

TEST(Csv, QuotesCommasAndQuotes) {
  CompareReport report = report_by_hand();
  fail_two_items(report.cells[1], "a, \"b\"");
  const std::string csv = csv_of(report);
  EXPECT_NE(csv.find("\"item 2: timeout: a, \"\"b\"\"\""), std::string::npos);
  EXPECT_EQ(csv_value(csv, 2, "first_error"), "item 2: timeout: a, \"b\"");
}

TEST(Csv, IsEmptyWhereNothingIsKnown) {
  CompareReport report = report_by_hand();
  report.cells[1].ideal.reset();
  report.cells.erase(report.cells.begin());
  const std::string csv = csv_of(report);
  for (const char* name : {"ideal_ns", "of_ideal", "bound", "speedup"})
    EXPECT_EQ(csv_value(csv, 1, name), "") << name;
}

TEST(Markdown, HasARowForEveryCell) {
  const std::string text = markdown_of(report_by_hand(), context_by_hand());
  EXPECT_NE(text.find("| threads/queue | 41.0 ms ± 2.0 % | 40.0 ms | 98 % | "
                      "limit | 2.00 | 1.00 ms | 8.00 MiB | 1 / 1 | 1 | yes |"),
            std::string::npos)
      << text;
}

TEST(Markdown, EscapesWhatWouldBeMarkUp) {
  CompareReport report = report_by_hand();
  fail_two_items(report.cells[1], "a|b <script>");
  const std::string text = markdown_of(report, context_by_hand());
  EXPECT_NE(text.find("a\\|b &lt;script>"), std::string::npos) << text;
  EXPECT_EQ(text.find("<script"), std::string::npos);
}

TEST(Markdown, HasAsManyColumnsInEveryRow) {
  CompareReport report = report_by_hand();
  fail_two_items(report.cells[1], "a|b");
  const std::string text = markdown_of(report, context_by_hand());
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    const std::string line = text.substr(start, end - start);
    start = end + 1;
    if (!line.starts_with('|')) continue;
    std::size_t bars = 0;
    for (std::size_t i = 0; i < line.size(); ++i)
      bars += line[i] == '|' && (i == 0 || line[i - 1] != '\\');
    EXPECT_EQ(bars, 12u) << line;
  }
}

TEST(Events, AreOneALineInTheOrderTheyHappened) {
  CompareReport report = report_by_hand();
  report = only(fail_two_items(report.cells[1]));
  EXPECT_EQ(events_of(report),
            "        ms  event       item\n"
            "     0.000  queued         1\n"
            "     1.000  started        1  lane 1\n"
            "     9.000  downloaded     1  lane 1\n"
            "    10.000  queued         2\n"
            "    11.000  finished       1  lane 1\n"
            "    11.000  started        2  lane 1\n"
            "    19.000  downloaded     2  lane 1\n"
            "    21.000  finished       2  lane 1  failed: timeout: "
            "nothing\\x1b[31m for 30 s\n"
            "    30.000  queued         4\n"
            "    31.000  started        4  lane 1\n"
            "    39.000  downloaded     4  lane 1\n"
            "    41.000  finished       4  lane 1\n");
}

TEST(Events, NumberLanesAsTheyAppear) {
  CompareReport report = report_by_hand();
  report = only(report.cells[1]);
  Results& results = report.cells[0].traces[0].results;
  results[0].processed_on = {100, 105};
  results[1].downloaded_on = results[1].processed_on = {90, 90};
  const std::string text = events_of(report);
  EXPECT_NE(text.find("finished       1  lane 2\n"), std::string::npos) << text;
  EXPECT_NE(text.find("started        2  lane 3\n"), std::string::npos) << text;
  EXPECT_NE(text.find("started        3  lane 1\n"), std::string::npos) << text;
}

TEST(Summary, NamesOrderAndLanes) {
  CompareReport report = report_by_hand();
  report.cells = {report.cells[1]};
  const std::string text = summary_of(report, context_by_hand(), Style{});
  for (const char* line :
       {"\ncell        threads/queue (threads/queue.cpp)\n",
        "\nitems       4 items completed and verified\n",
        "\nwall        41.0 ms +- 2.0 %, median of 3 runs\n",
        "\nideal       40.0 ms (98 % reached), bound by limit\n",
        "\nin flight   1 of 1 allowed; the origin saw 1, on one connection\n",
        "\norder       1 2 3 4\n", "\nlane 1: process 100, thread 101\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

TEST(Summary, TellsNoShareOfTheIdealThatAFailedRunReached) {
  CompareReport report = report_by_hand();
  report = only(report.cells[1]);
  fail_two_items(report.cells[0]);
  const std::string text = summary_of(report, context_by_hand(), Style{});
  EXPECT_NE(text.find("\nideal       40.0 ms, bound by limit\n"),
            std::string::npos)
      << text;
  const Json json = Json::parse(json_of(report, context_by_hand()));
  EXPECT_EQ(json["cells"][0]["ideal_ns"], 40'000'000);
  EXPECT_TRUE(json["cells"][0]["of_ideal"].is_null());
  EXPECT_EQ(csv_value(csv_of(report), 1, "of_ideal"), "");
}

TEST(Wrap, BreaksAtSpacesAndIndentsWhatFollows) {
  EXPECT_EQ(wrap("one two three four", 10, 2), "one two\n  three\n  four\n");
  EXPECT_EQ(wrap("", 10), "");
}

TEST(Wrap, BreaksAWordThatNoLineCouldHold) {
  EXPECT_EQ(wrap("abcdefghijklmnop", 8), "abcdefgh\nijklmnop\n");
}

TEST(Clip, SaysThatSomethingWasCut) {
  EXPECT_EQ(clip("abcdefgh", 8), "abcdefgh");
  EXPECT_EQ(clip("abcdefghi", 8), "abcde...");
  EXPECT_EQ(clip("äöüß", 4), "äöüß");
}

TEST(Printable, LetsNoEscapeCodeThrough) {
  EXPECT_EQ(printable("a\x1b]0;b\x07\n\xc3"), "a\\x1b]0;b\\x07\\x0a\\xc3");
}

TEST(Significant, KeepsThreeDigitsAcrossPowersOfTen) {
  EXPECT_EQ(significant(0), "0");
  EXPECT_EQ(significant(0.0123), "0.012");
  EXPECT_EQ(significant(2.846), "2.85");
  EXPECT_EQ(significant(9.999), "10.0");
  EXPECT_EQ(significant(99.96), "100");
  EXPECT_EQ(significant(14240.4), "14240");
  EXPECT_EQ(significant(std::numeric_limits<double>::infinity()), "-");
}

Style style_in(bool terminal, std::size_t columns,
               std::map<std::string, std::string, std::less<>> variables) {
  return style_for(terminal, columns, [&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string_view() : found->second;
  });
}

TEST(Style, ColoursATerminalOnly) {
  EXPECT_TRUE(style_in(true, 100, {}).colour);
  EXPECT_FALSE(style_in(false, 0, {}).colour);
}

TEST(Style, HonoursThoseWhoWantNoColour) {
  EXPECT_FALSE(style_in(true, 100, {{"NO_COLOR", "1"}}).colour);
  EXPECT_FALSE(style_in(true, 100, {{"TERM", "dumb"}}).colour);
  EXPECT_FALSE(style_in(true, 100, {{"CI", "true"}}).colour);
}

TEST(Style, TakesTheWidthFromTheUserThenTheTerminalThenEighty) {
  EXPECT_EQ(style_in(true, 100, {{"COLUMNS", "132"}}).columns, 132u);
  EXPECT_EQ(style_in(true, 100, {{"COLUMNS", "wide"}}).columns, 100u);
  EXPECT_EQ(style_in(false, 0, {}).columns, 80u);
  EXPECT_EQ(style_in(false, 0, {{"COLUMNS", "1"}}).columns, 20u);
}

TEST(Style, LeavesAsciiOnlyInAUtf8Locale) {
  EXPECT_TRUE(style_in(false, 0, {{"LANG", "de_DE.UTF-8"}}).unicode);
  EXPECT_TRUE(style_in(false, 0, {{"LANG", "C.utf8"}}).unicode);
  EXPECT_FALSE(style_in(false, 0, {{"LANG", "C"}}).unicode);
  EXPECT_FALSE(
      style_in(false, 0, {{"LC_ALL", "C"}, {"LANG", "C.utf8"}}).unicode);
}

Progress progress_at(std::size_t runs_done, std::chrono::nanoseconds elapsed,
                     std::string_view cell = "threads/queue") {
  return {.cell = cell,
          .runs_done = runs_done,
          .runs_planned = 4,
          .items_done = runs_done * 10,
          .items_planned = 40,
          .elapsed = elapsed};
}

TEST(Estimate, HasNothingToGoByAtFirst) {
  Estimate estimate;
  EXPECT_FALSE(estimate.left(progress_at(0, 1s)));
}

TEST(Estimate, RepeatsWhatTheFirstRoundTook) {
  Estimate estimate;
  estimate.left(progress_at(1, 10s, "sequential/one_by_one"));
  EXPECT_EQ(estimate.left(progress_at(2, 12s, "async/queue")), 12s);
  EXPECT_EQ(estimate.left(progress_at(2, 15s, "async/queue")), 9s);
}

TEST(Estimate, TellsNothingOfStagesThatDiffer) {
  Stages stages(3);
  stages.set_done(1);
  const Progress of_all = stages.of_all(progress_at(2, 12s));
  EXPECT_EQ(of_all.runs_done, 6u);
  EXPECT_EQ(of_all.runs_planned, 12u);
  EXPECT_EQ(of_all.items_done, 60u);
  EXPECT_EQ(of_all.items_planned, 120u);
  EXPECT_FALSE(Estimate().left(of_all));
  EXPECT_TRUE(Estimate().left(progress_at(2, 12s)));
}

TEST(ProgressBar, NeverWrapsALine) {
  for (std::size_t columns = 20; columns < 120; ++columns) {
    Style style;
    style.columns = columns;
    EXPECT_LT(width_of(progress_bar(progress_at(2, 10s), 90s, style)), columns);
  }
}

TEST(ProgressBar, ShowsShareRunAndTimeLeft) {
  EXPECT_EQ(progress_bar(progress_at(2, 10s), 90s, Style{}),
            "##########----------  50%  threads/queue, run 3 of 4, about 90 s "
            "left");
}

}  // namespace
}  // namespace interleave
