// Conclusions of scale series: every statement against the steps climbed.

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <string>

#include "bench/compare/scale.hpp"
#include "tests/bench/compare/conclusion_reports.hpp"

namespace interleave::conclusions {
namespace {

TEST(Conclusion, OfAScaleSeriesSaysOnlyWhatTheFiguresShow) {
  const std::regex in_flight(
      R"(In flight: (.*) with (requests|sleeping items), up to )"
      R"((\d+) at once(; at (\d+): (.*))?\.)");
  const std::regex not_run(
      R"(Not run: (.*) with (requests|sleeping items); at (\d+): )"
      R"((.*)\.)");
  const std::regex interrupted(
      R"(interrupted: in the last of (\d+) ladders\.)");
  Random random(3);
  for (int i = 0; i < repeats(2'000) && !HasFailure(); ++i) {
    ScaleReport report;
    for (const Cell* cell : select_cells("*/gather")) {
      ScaleSeries& ladder = report.ladders.emplace_back();
      ladder.cell = cell;
      ladder.requests = chance(random, 0.5);
      for (std::size_t items = 1; chance(random, 0.8); items *= 10) {
        ScaleStep& rung = ladder.rungs.emplace_back();
        rung.items = items;
        rung.in_flight = 1 + random() % items;
      }
      if (chance(random, 0.5) || ladder.rungs.empty()) {
        ladder.ended_at = 1 + random() % 1000;
        ladder.wall = "no\nmore";
      }
    }
    report.interrupted = chance(random, 0.2);
    std::size_t lines = 0;
    for (const std::string& line : lines_of(conclude(report))) {
      SCOPED_TRACE(line);
      Match match;
      if (std::regex_match(line, match, interrupted)) {
        EXPECT_TRUE(report.interrupted);
        EXPECT_EQ(std::stoul(match[1]), report.ladders.size());
        continue;
      }
      ++lines;
      const bool ran = std::regex_match(line, match, in_flight);
      ASSERT_TRUE(ran || std::regex_match(line, match, not_run));
      const std::string name = match[1];
      const auto ladder = std::ranges::find_if(
          report.ladders,
          [&](const ScaleSeries& one) { return one.cell->name() == name; });
      ASSERT_NE(ladder, report.ladders.end());
      EXPECT_EQ(match[2] == "requests", ladder->requests);
      EXPECT_EQ(ran, !ladder->rungs.empty());
      if (!ran) {
        EXPECT_EQ(std::stoul(match[3]), ladder->ended_at);
        continue;
      }
      std::size_t most = 0;
      for (const ScaleStep& rung : ladder->rungs)
        most = std::max(most, rung.in_flight);
      EXPECT_EQ(std::stoul(match[3]), most);
      EXPECT_EQ(match[4].matched, ladder->ended_at > 0);
      if (match[4].matched) {
        EXPECT_EQ(std::stoul(match[5]), ladder->ended_at);
      }
    }
    EXPECT_EQ(lines, report.ladders.size());
  }
}

}  // namespace
}  // namespace interleave::conclusions
