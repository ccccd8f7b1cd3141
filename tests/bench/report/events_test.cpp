// What is told of one cell, and while it is measured.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "bench/report/progress.hpp"
#include "tests/bench/report/by_hand.hpp"

namespace interleave {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;

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
        "\nwall        41.0 ms +-2.0%, median of 3 runs\n",
        "\nideal       40.0 ms (98% reached), bound by limit\n",
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
  EXPECT_EQ("", "");
}

// ---- progress ----

Progress progress_at(std::size_t runs_done, std::chrono::nanoseconds elapsed,
                     std::string cell = "threads/queue") {
  return {.what = std::move(cell),
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
  CombinedProgress stages(3);
  stages.set_done(1);
  const Progress of_all = stages.of_all(progress_at(2, 12s));
  EXPECT_EQ(of_all.runs_done, 6u);
  EXPECT_EQ(of_all.runs_planned, 12u);
  EXPECT_EQ(of_all.items_done, 60u);
  EXPECT_EQ(of_all.items_planned, 120u);
  EXPECT_FALSE(Estimate().left(of_all));
  EXPECT_TRUE(Estimate().left(progress_at(2, 12s)));
}

TEST(ProgressText, NamesThePartAndWhatItsBarShows) {
  const Progress part{.part = "pages",
                      .position = 2,
                      .parts = 22,
                      .what = "threads/queue: jobs",
                      .unit = "tasks",
                      .items_done = 120,
                      .items_planned = 160};
  EXPECT_EQ(progress_text(part, {}),
            "pages (2 of 22)  threads/queue: jobs: 120 of 160 tasks");
  Style style;
  style.columns = 30;
  EXPECT_EQ(progress_bar(part, {}, style).find("pages (2 of 22)"), 0u);
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
