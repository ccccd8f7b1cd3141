// Tables in a terminal and in Markdown, to the last character.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "bench/compare/difference.hpp"
#include "bench/report/metrics.hpp"
#include "tests/bench/report/by_hand.hpp"

namespace interleave {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

TEST(Table, ShowsTimeAndItsWorthInSixtyColumns) {
  const CompareReport report = report_by_hand();
  EXPECT_EQ(table(report, 60),
            R"(pages: 4 items of 10.7 KiB, each after 20ms of waiting;
  limit 8, queue of 8, batches of 8, seed 1
2 of 4 cores of AMD EPYC, Linux 6.1.0; GNU 12.2.0 Release
  -O3

              wall            of               in
model           ms         ideal  bound    flight  verified
-----------------------------------------------------------
one_by_one: the next item starts when the last one finished
  sequential  82.0 +-2.0%    98%  waiting     1/1  yes
queue: a fixed crew of `limit` workers is fed by a bounde...
  threads     41.0 +-2.0%    98%  limit       1/1  yes
  async       40.4 +-2.0%    99%  cpu         1/1  yes

wall: median of 3 runs +- half its own 75% interval; in
flight: most at once, as the trace / the origin saw

)" + conclusion(report, 60));
}

TEST(Table, AddsCostsInEightyColumns) {
  const CompareReport report = report_by_hand();
  // The line break that opens it is none of the table's.
  const std::string expected = std::string(R"(
pages: 4 items of 10.7 KiB, each after 20ms of waiting; limit 8, queue of 8,
  batches of 8, seed 1
2 of 4 cores of AMD EPYC, Linux 6.1.0; GNU 12.2.0 Release -O3

              wall           of               CPU  memory      in
model           ms        ideal  bound    us/item     MiB  flight  verified
───────────────────────────────────────────────────────────────────────────
one_by_one: the next item starts when the last one finished
  sequential  82.0 ±2.0%    98%  waiting     1000    8.00     1/1  yes
queue: a fixed crew of `limit` workers is fed by a bounded queue
  threads     41.0 ±2.0%    98%  limit       1000    8.00     1/1  yes
  async       40.4 ±2.0%    99%  cpu         1000    8.00     1/1  yes

wall: median of 3 runs ± half its own 75% interval; in flight: most at once, as
the trace / the origin saw

)")
                                   .substr(1);
  EXPECT_EQ(table(report, 80, true), expected + conclusion(report, 80));
}

TEST(Table, ShowsEverythingInAHundredAndFiftyColumns) {
  const std::string text = table(report_by_hand(), 150);
  const std::string head =
      "              wall         ideal     of                        CPU  user"
      "   sys  memory      in    at                          makespan\n"
      "model           ms            ms  ideal  bound    speedup  us/item    ms"
      "    ms     MiB  flight  most  connections  overtakes        ms  "
      "verified\n";
  const std::string row =
      "  threads     41.0 +-2.0%   40.0    98%  limit      2.00x     1000  3.00"
      "  1.00    8.00     1/1     1            1          0      40.0  yes\n";
  EXPECT_NE(text.find(head + std::string(144, '-') + '\n'), std::string::npos)
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
                .find("Outliers (kept): sequential/one_by_one (run 3), "
                      "threads/queue (runs 1, "
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

std::string wide(const CompareReport& report, std::size_t columns) {
  return written(Document({.columns = columns}), report, context_by_hand(),
                 true);
}

TEST(Wide, ShowsWhatItemsWaitedAndHowLateTheLoopWas) {
  CompareReport report = report_by_hand();
  report.cells[2].loop_lag = Percentiles{50us, 4ms, 5ms};
  fail_two_items(report.cells[0]);
  const std::string text = wide(report, 84);
  for (const char* line :
       {"model         p99 ms  max ms  p50 ms  p99 ms  max ms  p50 ms  p99 ms  "
        "max ms\n",
        "\n  sequential  2 of 4 items completed, 1 failed, 1 skipped; item 2: ",
        "\n  threads       1.00    2.00    10.0    11.0    12.0       -       "
        "-       -\n",
        "\n  async         1.00    2.00    10.0    11.0    12.0   0.050    "
        "4.00    5.00\n"})
    EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

TEST(Wide, ShowsEveryColumnInAnyWidth) {
  const CompareReport report = report_by_hand();
  for (std::size_t columns = 20; columns <= 250; ++columns) {
    const std::string text = wide(report, columns);
    EXPECT_LE(widest_line(text), columns);
    if (columns < 40) continue;  // where a column is cut
    for (const Metric* metric : columns_of(report, true))
      EXPECT_NE(text.find(column_of(*metric).under), std::string::npos)
          << metric->name << " in " << columns;
  }
}

TEST(Metrics, HaveNamesOfTheirOwnAndAMeaning) {
  std::set<std::string_view> names;
  for (const Metric& metric : metrics()) {
    EXPECT_TRUE(names.insert(metric.name).second) << metric.name;
    EXPECT_FALSE(metric.about.empty()) << metric.name;
    EXPECT_TRUE(metric.of_cell || metric.of_run) << metric.name;
  }
}

TEST(Metrics, ReadAsTheirUnitSays) {
  EXPECT_EQ(shown(std::int64_t{82'000'000}, Unit::ms), "82.0");
  EXPECT_EQ(with_unit(std::int64_t{2'050'000}, Unit::ms), "2.05 ms");
  EXPECT_EQ(with_unit(std::int64_t{8 << 20}, Unit::mib), "8.00 MiB");
  EXPECT_EQ(shown(0.98, Unit::share), "98%");
  EXPECT_EQ(shown(0.025, Unit::share), "2.5%");
  EXPECT_EQ(shown(21.2, Unit::factor), "21.2x");
  EXPECT_EQ(shown(Value(), Unit::share), "-");
}

TEST(Table, WarnsOfAnOriginThatSetThePace) {
  CompareReport report = report_by_hand();
  report.cells[2].origin_was_bottleneck = true;
  EXPECT_NE(table(report, 200).find("for most of a core's time in async/queue"),
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

TEST(Markdown, HasARowForEveryCell) {
  const std::string text =
      written(Document(), report_by_hand(), context_by_hand());
  EXPECT_NE(
      text.find("| threads/queue | 41.0 ±2.0% | 40.0 | 98% | limit | 2.00x | "
                "1000 | 3.00 | 1.00 | 8.00 | 1/1 | 1 | 1 | 0 | 40.0 | "
                "yes |"),
      std::string::npos)
      << text;
}

TEST(Markdown, EscapesWhatWouldBeMarkUp) {
  CompareReport report = report_by_hand();
  fail_two_items(report.cells[1], "a|b <script>");
  const std::string text = written(Document(), report, context_by_hand());
  EXPECT_NE(text.find("a\\|b &lt;script>"), std::string::npos) << text;
  EXPECT_EQ(text.find("<script"), std::string::npos);
}

TEST(Markdown, HasAsManyColumnsInEveryRow) {
  CompareReport report = report_by_hand();
  fail_two_items(report.cells[1], "a|b");
  const std::string text = written(Document(), report, context_by_hand());
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    const std::string line = text.substr(start, end - start);
    start = end + 1;
    if (!line.starts_with('|')) continue;
    std::size_t bars = 0;
    for (std::size_t i = 0; i < line.size(); ++i)
      bars += line[i] == '|' && (i == 0 || line[i - 1] != '\\');
    EXPECT_EQ(bars, 17u) << line;
  }
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

TEST(Conclusion, ShowsNoShareOnBothSidesOfTheThreshold) {
  CompareReport report = report_by_hand();
  report.cells[1].wall.median = 40e6 / 0.847;
  EXPECT_EQ(conclude(report).find("Further off"), std::string::npos);
  report.cells[1].wall.median = 40e6 / 0.844;
  EXPECT_NE(conclude(report).find("Further off: threads/queue reaches 84%"),
            std::string::npos)
      << conclude(report);
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
  EXPECT_EQ(written(Document({.columns = 76}), difference_by_hand()),
            R"(BASE: base.json, 2026-01-02T03:04:05Z, commit abc123
NEW: new.json, 2026-01-02T03:04:05Z, commit def456

                       BASE   NEW
cell                     ms    ms  ratio        interval
--------------------------------------------------------
sequential/one_by_one  82.0  82.0      -               -
threads/queue          41.0  61.5  1.500  1.500 to 1.500
async/queue            40.4  40.4  1.000  1.000 to 1.000

cell                   verdict
-----------------------------------------------------------
sequential/one_by_one  not comparable: not verified in BASE
threads/queue          slower
async/queue            no difference found

ratio: median wall of NEW / of BASE. The intervals of all cells hold at once
in 99.9% of comparisons. A change counts from 5% on, when its interval does
not hold 1.

Slower: threads/queue (1.50x).
No difference: of 5% or more, in 1 of 3 cells.
Not comparable: 1 of 3 cells.
)");
  const std::string wide =
      written(Document({.columns = 100}), difference_by_hand());
  EXPECT_NE(wide.find("threads/queue          41.0  61.5  1.500  1.500 to "
                      "1.500  slower\n"),
            std::string::npos)
      << wide;
}

TEST(Diff, NeverExceedsTheWidthItIsGiven) {
  for (std::size_t columns = 22; columns <= 120; ++columns)
    EXPECT_LE(widest_line(written(Document({.columns = columns}),
                                  difference_by_hand())),
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
  const std::string text = written(Document(), difference_by_hand());
  EXPECT_NE(text.find("| threads/queue | 41.0 | 61.5 | 1.500 | 1.500 to "
                      "1.500 | slower |\n"),
            std::string::npos)
      << text;
}

}  // namespace
}  // namespace interleave
