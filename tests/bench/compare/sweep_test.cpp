// Sweeps that never ran, and how they are drawn.
#include "bench/compare/sweep.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "bench/report/report.hpp"
#include "bench/text/plot.hpp"
#include "bench/text/text.hpp"

namespace interleave {
namespace {

using Json = nlohmann::json;

/// A cell that took so many ms, and scatters by 1%; 0: it did not verify.
CellReport cell_of(const char* name, double ms) {
  CellReport cell;
  cell.cell = select_cells(name).front();
  for (const double scatter : {0.99, 1.0, 1.01, 0.995, 1.005}) {
    Figures& run = cell.runs.emplace_back();
    run.items = run.tally.completed = 1;
    run.wall = std::chrono::nanoseconds(std::llround(ms * scatter * 1e6));
  }
  add_figures(cell);
  cell.verified = ms > 0;
  return cell;
}

/// What threads/queue and async/queue took at 1, 2, 4, ... ms of CPU.
SweepReport sweep_of(std::vector<std::pair<double, double>> walls_ms) {
  SweepReport report;
  std::uint64_t value = 1'000'000;
  for (const auto& [threads, loop] : walls_ms) {
    CompareReport point;
    point.settings.workload = recipe("mixed").defaults;
    point.cells = {cell_of("threads/queue", threads),
                   cell_of("async/queue", loop)};
    report.points.push_back(point);
    report.values.push_back(value);
    report.planned = report.values.size();
    value *= 2;
  }
  return report;
}

TEST(Crossover, LiesBetweenTheValuesWhereTheOrderTurns) {
  const SweepReport report = sweep_of({{110, 100}, {100, 110}, {100, 200}});
  const auto found = crossovers(report);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].loop->name(), "async/queue");
  EXPECT_EQ(found[0].winner, found[0].other);
  EXPECT_EQ(found[0].after, 0u);
  EXPECT_EQ(found[0].from, 1u);
  // The logarithms are as far above 0 as below: half way.
  EXPECT_NEAR(*found[0].about, 1'500'000, 1);
  EXPECT_EQ(conclude(report),
            "Crossover: threads/queue overtakes async/queue between 1.00 ms "
            "and 2.00 ms (about 1.50 ms).");
}

TEST(Crossover, TakesTheLastTurn) {
  const SweepReport report =
      sweep_of({{90, 100}, {110, 100}, {100, 200}, {100, 300}});
  EXPECT_EQ(crossovers(report)[0].from, 2u);
}

TEST(Crossover, CountsATieAsNotYet) {
  const SweepReport report = sweep_of({{110, 100}, {99.5, 100}, {80, 100}});
  const Crossover found = crossovers(report)[0];
  EXPECT_EQ(found.after, 0u) << "where the loser was ahead last";
  EXPECT_EQ(found.from, 2u);
  EXPECT_NEAR(*found.about, 1'950'000, 1'000) << "where it was equal";
}

TEST(Crossover, IsNoneWhereTheLoserWasNeverAhead) {
  const SweepReport report = sweep_of({{100, 100}, {99.5, 100}, {80, 100}});
  const Crossover found = crossovers(report)[0];
  EXPECT_FALSE(found.after);
  EXPECT_FALSE(found.about);
  EXPECT_EQ(conclude(report),
            "Ahead: threads/queue of async/queue from 4.00 ms on. At lower "
            "values they tie.");
}

TEST(Crossover, IsNoneWhereALeadIsLostForAWhile) {
  EXPECT_EQ(conclude(sweep_of({{80, 100}, {99.5, 100}, {80, 100}})),
            "Ahead: threads/queue of async/queue from 4.00 ms on. At lower "
            "values not at all of them.");
}

TEST(Crossover, MayGoToTheLoop) {
  const SweepReport report = sweep_of({{100, 120}, {120, 100}});
  EXPECT_TRUE(conclude(report).starts_with(
      "Crossover: async/queue overtakes threads/queue between"));
}

TEST(Crossover, IsNoneWhereNothingTurns) {
  EXPECT_EQ(conclude(sweep_of({{100, 120}, {100, 130}})),
            "Ahead: threads/queue of async/queue at every value.");
  EXPECT_EQ(conclude(sweep_of({{100, 120}, {100, 100}})),
            "Tie: threads/queue and async/queue at 2.00 ms.");
  SweepReport alone = sweep_of({{100, 120}});
  alone.points[0].cells.pop_back();
  EXPECT_TRUE(crossovers(alone).empty());
  EXPECT_TRUE(conclude(alone).starts_with("Nothing compared: no pattern"));
}

TEST(Crossover, LeavesOutWhatDidNotVerify) {
  const SweepReport report = sweep_of({{110, 100}, {0, 100}, {90, 100}});
  const Crossover found = crossovers(report)[0];
  EXPECT_EQ(found.counted, 2u);
  EXPECT_EQ(conclude(report),
            "At 2.00 ms: Nothing is ranked: threads/queue did not complete and "
            "verify every item.\n"
            "Crossover: threads/queue overtakes async/queue between 1.00 ms "
            "and 4.00 ms (about 2.42 ms). Ranked: 2 of 3 values.")
      << "2.00 ms bounds nothing";
}

TEST(Crossover, IsAheadThroughoutOnlyWhereEveryValueIsRanked) {
  EXPECT_EQ(conclude(sweep_of({{100, 120}, {0, 120}, {100, 130}})),
            "At 2.00 ms: Nothing is ranked: threads/queue did not complete and "
            "verify every item.\n"
            "Ahead: threads/queue of async/queue at every value that is "
            "ranked, 2 of 3.");
  const std::string text = conclude(sweep_of({{100, 120}, {100, 0}}));
  EXPECT_NE(text.find("at every value that is ranked, 1 of 2."),
            std::string::npos)
      << text;
  EXPECT_EQ(conclude(sweep_of({{0, 120}})).find("head"), std::string::npos);
}

TEST(Crossover, DoesNotCountWhereAnotherCellDidNotVerify) {
  SweepReport report = sweep_of({{100, 120}, {100, 130}});
  report.points[0].cells.push_back(cell_of("processes/queue", 0));
  report.points[1].cells.push_back(cell_of("processes/queue", 140));
  EXPECT_EQ(crossovers(report)[0].counted, 1u);
}

// The row compared all cells, the text two of them.
TEST(Sweep, NamesInARowWhoIsAheadInTheText) {
  SweepReport report = sweep_of({{100, 200}});
  report.points[0].cells.push_back(cell_of("processes/queue", 100.5));
  EXPECT_NE(written(Document({.columns = 200}), report, {})
                .find("  threads/queue, processes/queue\n"),
            std::string::npos)
      << written(Document({.columns = 200}), report, {});
  EXPECT_NE(conclude(report).find("Ahead: threads/queue of async/queue"),
            std::string::npos);
  EXPECT_NE(conclude(report).find("Ahead: processes/queue of async/queue"),
            std::string::npos);
  report.points[0].cells[1] = cell_of("async/queue", 100.2);
  EXPECT_NE(written(Document({.columns = 200}), report, {}).find("  tie\n"),
            std::string::npos);
}

TEST(Sweep, SaysHowFarItCame) {
  SweepReport report = sweep_of({{110, 100}, {90, 100}});
  report.planned = 3;
  EXPECT_TRUE(conclude(report).starts_with(
      "interrupted: in value 2 of 3, in the order measured.\n"));
  report.failure = "the origin exited";
  EXPECT_TRUE(conclude(report).starts_with(
      "After 2 of 3 values: the origin exited.\n"));
}

TEST(Sweep, HasALineForEveryValue) {
  const std::string text = written(Document({.columns = 80}),
                                   sweep_of({{110, 100}, {100, 110}}), {});
  EXPECT_NE(text.find("1.00 ms            110 +-1.0%          100 +-1.0%  "
                      "async/queue\n"
                      "2.00 ms            100 +-1.0%          110 +-1.0%  "
                      "threads/queue\n"),
            std::string::npos)
      << text;
}

TEST(Sweep, ShowsEveryCellInANarrowWindow) {
  const SweepReport report = sweep_of({{110, 100}, {100, 110}});
  for (std::size_t columns = 30; columns <= 100; ++columns) {
    const std::string text =
        written(Document({.columns = columns}), report, {});
    const std::string table = text.substr(0, text.find("wall, ms"));
    for (const char* head : {"threads/queue", "async/queue", "ahead"})
      EXPECT_NE(table.find(head), std::string::npos) << head << text;
    EXPECT_NE(text.find("o threads/queue"), std::string::npos) << text;
    EXPECT_NE(text.find("x async/queue"), std::string::npos) << text;
  }
}

TEST(Sweep, IsJsonToo) {
  const Json json =
      Json::parse(json_of(sweep_of({{110, 100}, {100, 110}}), {}));
  EXPECT_EQ(json["schema"], "interleave/sweep/v1");
  EXPECT_EQ(json["axis"], "cpu_ns");
  EXPECT_EQ(json["values"], Json({1'000'000, 2'000'000}));
  EXPECT_EQ(json["points"][1]["value"], 2'000'000);
  EXPECT_EQ(json["points"][1]["cells"][0]["cell"], "threads/queue");
  EXPECT_EQ(json["crossovers"][0], Json({{"loop", "async/queue"},
                                         {"other", "threads/queue"},
                                         {"ahead", "threads/queue"},
                                         {"after", 1'000'000},
                                         {"from", 2'000'000},
                                         {"about", 1'500'000}}));
}

TEST(Sweep, IsCsvToo) {
  const std::string text = csv_of(sweep_of({{110, 100}, {100, 110}}));
  EXPECT_EQ(std::ranges::count(text, '\n'), 1 + 2 * 2);
  EXPECT_TRUE(text.starts_with("axis,value,cell,"));
  EXPECT_NE(text.find("\r\ncpu_ns,2000000,async/queue,async,queue,"),
            std::string::npos);
}

TEST(Sweep, IsMarkdownToo) {
  const std::string text =
      written(Document(), sweep_of({{110, 100}, {100, 110}}), {});
  EXPECT_NE(text.find("| 1.00 ms | 110 ±1.0% | 100 ±1.0% | async/queue |\n"),
            std::string::npos)
      << text;
}

// ---- the plot ----

const std::array labels{std::string("1"), std::string("2"), std::string("4")};

TEST(Plot, RisesOnALogarithmicScale) {
  const std::array series{Series{"a", {1, 10, 100}}};
  EXPECT_EQ(plot_of(series, labels, 5, {.columns = 18}),
            "  100|          .o\n"
            "     |       ...\n"
            "     |    .o.\n"
            "     |  ..\n"
            " 1.00|o.\n"
            "      1    2     4\n"
            "o a\n");
}

TEST(Plot, MarksWhereSeriesMeet) {
  const std::array series{Series{"a", {1, 10, 100}}, Series{"b", {100, 10, 1}}};
  const std::string text = plot_of(series, labels, 5, {.columns = 18});
  EXPECT_EQ(std::ranges::count(text, '*'), 1);
  EXPECT_NE(text.find("o a  x b\n"), std::string::npos);
}

TEST(Plot, NeverExceedsTheWidthItIsGiven) {
  const std::array series{Series{"a long name", {0.001, 10, 123456}},
                          Series{"b", {100, 100, 100}}};
  for (std::size_t columns = 20; columns <= 120; ++columns)
    for (const bool unicode : {false, true}) {
      const std::string text =
          plot_of(series, labels, 9, {.columns = columns, .unicode = unicode});
      for (std::size_t from = 0; from < text.size();) {
        const std::size_t end = text.find('\n', from);
        const std::string line = text.substr(from, end - from);
        EXPECT_LE(width_of(line), columns) << line;
        EXPECT_FALSE(line.ends_with(' ')) << line;
        from = end + 1;
      }
    }
}

TEST(Plot, IsAsciiUnlessToldOtherwise) {
  const std::array series{Series{"a", {1, 2, 3}}};
  const std::string text = plot_of(series, labels, 5, {.columns = 40});
  EXPECT_TRUE(std::ranges::all_of(
      text, [](char c) { return c == '\n' || (c >= ' ' && c <= '~'); }));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(plot_of(series, labels, 5, {.columns = 40, .colour = true})
                .find("\x1b[2m.\x1b[0m"),
            std::string::npos);
}

TEST(Plot, LeavesOutWhatIsNotKnown) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::array gap{Series{"a", {1, nan, 100}}};
  const std::string text = plot_of(gap, labels, 3, {.columns = 20});
  EXPECT_EQ(std::ranges::count(text, 'o'), 2 + 1) << "two, and the legend";
  EXPECT_EQ(std::ranges::count(text, '.'), 1) << "that of 1.00";
  const std::array nothing{Series{"a", {nan, nan, nan}}};
  EXPECT_EQ(plot_of(nothing, labels, 3, {}), "");
}

TEST(Plot, DrawsWhatIsAllTheSame) {
  const std::array flat{Series{"a", {5, 5, 5}}};
  const std::string text = plot_of(flat, labels, 3, {.columns = 20});
  EXPECT_EQ(std::ranges::count(text, 'o'), 3 + 1);
}

}  // namespace
}  // namespace interleave
