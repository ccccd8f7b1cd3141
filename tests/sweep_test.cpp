// Sweeps that never ran, and how they are drawn.
#include "bench/sweep.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>

#include "bench/report/plot.hpp"
#include "bench/report/sweep.hpp"
#include "bench/report/text.hpp"

namespace interleave {
namespace {

using Json = nlohmann::json;

/// A cell that took so many ms, and scatters by 1 %; 0: it did not verify.
CellReport cell_of(const char* name, double ms) {
  CellReport cell;
  cell.cell = select_cells(name).front();
  cell.wall = {ms * 1e6, ms * 0.99e6, ms * 1.01e6, 0.9375};
  cell.verified = ms > 0;
  cell.runs.resize(5);
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
  EXPECT_EQ(found[0].from, 1u);
  // The logarithms are as far above 0 as below: half way.
  EXPECT_NEAR(*found[0].about, 1'500'000, 1);
  EXPECT_EQ(conclude(report),
            "threads/queue overtakes async/queue between 1.00 ms and 2.00 ms "
            "(about 1.50 ms).");
}

TEST(Crossover, TakesTheLastTurn) {
  const SweepReport report =
      sweep_of({{90, 100}, {110, 100}, {100, 200}, {100, 300}});
  EXPECT_EQ(crossovers(report)[0].from, 2u);
}

TEST(Crossover, CountsATieAsNotYet) {
  const SweepReport report = sweep_of({{110, 100}, {99.5, 100}, {80, 100}});
  EXPECT_EQ(crossovers(report)[0].from, 2u);
  EXPECT_EQ(*crossovers(report)[0].about, 2'000'000) << "where it was equal";
}

TEST(Crossover, MayGoToTheLoop) {
  const SweepReport report = sweep_of({{100, 120}, {120, 100}});
  EXPECT_TRUE(conclude(report).starts_with(
      "async/queue overtakes threads/queue between"));
}

TEST(Crossover, IsNoneWhereNothingTurns) {
  EXPECT_EQ(conclude(sweep_of({{100, 120}, {100, 130}})),
            "threads/queue is ahead of async/queue throughout.");
  EXPECT_EQ(conclude(sweep_of({{100, 120}, {100, 100}})),
            "threads/queue and async/queue tie at the end.");
  SweepReport alone = sweep_of({{100, 120}});
  alone.points[0].cells.pop_back();
  EXPECT_TRUE(crossovers(alone).empty());
  EXPECT_TRUE(conclude(alone).starts_with("No pattern has both"));
}

TEST(Crossover, LeavesOutWhatDidNotVerify) {
  const SweepReport report = sweep_of({{110, 100}, {0, 100}, {90, 100}});
  const Crossover found = crossovers(report)[0];
  EXPECT_EQ(found.from, 2u);
  EXPECT_NE(conclude(report).find("At 2.00 ms, Nothing is ranked"),
            std::string::npos)
      << conclude(report);
}

TEST(Sweep, SaysHowFarItCame) {
  SweepReport report = sweep_of({{110, 100}, {90, 100}});
  report.values.push_back(9'000'000);
  EXPECT_TRUE(conclude(report).starts_with("interrupted: at value 2 of 3. "));
  report.failure = "the origin exited";
  EXPECT_TRUE(
      conclude(report).starts_with("After 2 of 3 values, the origin exited. "));
}

TEST(Sweep, HasALineForEveryValue) {
  const std::string text =
      table_of(sweep_of({{110, 100}, {100, 110}}), {}, {.columns = 80});
  EXPECT_NE(text.find("1.00 ms            110 +-1.0%          100 +-1.0%  "
                      "async/queue\n"
                      "2.00 ms            100 +-1.0%          110 +-1.0%  "
                      "threads/queue\n"),
            std::string::npos)
      << text;
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
  const std::string text = markdown_of(sweep_of({{110, 100}, {100, 110}}), {});
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
