// Timelines of runs that never happened: fixed stamps, and every character.
#include "bench/report/timeline.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "bench/report/picture.hpp"
#include "bench/text/text.hpp"

namespace interleave {
namespace {

using namespace std::chrono_literals;

constexpr auto began = Clock::time_point(1s);
constexpr Lane loop{100, 100};

struct When {
  std::chrono::milliseconds started, downloaded, processing, finished;
};

Result result_at(const When& when, const Lane& downloader,
                 const Lane& processor) {
  Result result;
  result.status = Status::completed;
  result.queued = began;
  result.started = began + when.started;
  result.downloaded = began + when.downloaded;
  result.processing = began + when.processing;
  result.finished = began + when.finished;
  result.downloaded_on = downloader;
  result.processed_on = processor;
  return result;
}

Trace trace_of(Clock::duration took, const Results& results) {
  return {began, began + took, results};
}

Lane lane(std::size_t number) {
  return {100, static_cast<pid_t>(100 + number)};
}

/// What is drawn 80 columns wide, or as wide as asked.
std::string drawn(const std::vector<Timeline>& timelines,
                  const Style& style = {80, false, false},
                  std::size_t most_rows = 8) {
  const TimelineGroup group{"", timelines};
  return timelines_of({&group, 1}, style, most_rows);
}

/// A picture that begins on a line of its own in the source.
std::string_view golden(std::string_view picture) {
  return picture.substr(1);
}

/// Four scans, two at a time; loading takes 10 ms, computing 100 ms.
Trace scans_in_threads() {
  return trace_of(225ms,
                  {result_at({0ms, 10ms, 10ms, 110ms}, lane(1), lane(1)),
                   result_at({0ms, 11ms, 11ms, 112ms}, lane(2), lane(2)),
                   result_at({111ms, 121ms, 121ms, 221ms}, lane(3), lane(3)),
                   result_at({113ms, 123ms, 123ms, 224ms}, lane(4), lane(4))});
}

/// On the loop, what was loaded waits while the other one is computed.
Trace scans_on_a_loop() {
  return trace_of(430ms, {result_at({0ms, 10ms, 10ms, 110ms}, loop, loop),
                          result_at({0ms, 110ms, 110ms, 210ms}, loop, loop),
                          result_at({110ms, 210ms, 215ms, 315ms}, loop, loop),
                          result_at({210ms, 315ms, 315ms, 415ms}, loop, loop)});
}

TEST(Timeline, DrawsScansWithASemaphore) {
  const Trace threads = scans_in_threads(), async = scans_on_a_loop();
  EXPECT_EQ(
      drawn({{"threads/semaphore", &threads}, {"async/semaphore", &async}}),
      golden(R"(
threads/semaphore: 225 ms, 4 items on 4 lanes
lane 1 |.#################
lane 2 |.#################
lane 3                   |..#################
lane 4                    |.#################
async/semaphore: 430 ms, 4 items in 2 slots on one lane
slot 1 |.################|3................-################
slot 2 |2.................################|4................#################
       +---------------+----------------+----------------+----------------+-----
    ms 0               100              200              300              400

.. waiting  ## processing  -- held between stages  | an item
)"));
}

TEST(Timeline, DrawsScansInUtf8) {
  const Trace async = scans_on_a_loop();
  EXPECT_EQ(drawn({{"async/semaphore", &async}}, {80, false, true}), golden(R"(
async/semaphore: 430 ms, 4 items in 2 slots on one lane
slot 1 │░████████████████│3░░░░░░░░░░░░░░░░·████████████████
slot 2 │2░░░░░░░░░░░░░░░░░████████████████│4░░░░░░░░░░░░░░░░█████████████████
       ┬───────────────┬────────────────┬────────────────┬────────────────┬─────
    ms 0               100              200              300              400

░░ waiting  ██ processing  ·· held between stages  │ an item
)"));
}

/// Three tasks that wait for a second each.
Trace count_in_turn() {
  return trace_of(3006ms,
                  {result_at({0ms, 1001ms, 1001ms, 1001ms}, loop, loop),
                   result_at({1002ms, 2003ms, 2003ms, 2003ms}, loop, loop),
                   result_at({2004ms, 3005ms, 3005ms, 3005ms}, loop, loop)});
}

Trace count_together() {
  const When same{1ms, 1002ms, 1002ms, 1002ms};
  return trace_of(1004ms,
                  {result_at(same, loop, loop), result_at(same, loop, loop),
                   result_at(same, loop, loop)});
}

TEST(Timeline, DrawsCountInTurnAndTogetherOnOneAxis) {
  const Trace turn = count_in_turn(), together = count_together();
  EXPECT_EQ(drawn({{"async/one_by_one, in turn", &turn},
                   {"async/gather, together", &together}}),
            golden(R"(
async/one_by_one, in turn: 3.01 s, 3 items on one lane
lane 1 |1......................|2......................|3.......................
async/gather, together: 1.00 s, 3 items in 3 slots on one lane
slot 1 |1......................
slot 2 |2......................
slot 3 |3......................
       +-----------+-----------+-----------+-----------+-----------+-----------+
    ms 0           500         1000        1500        2000        2500

.. waiting  ## processing  | an item
)"));
}

/// 160 pages: item i in lane i % lanes, one after the other.
Trace pages_with(std::size_t lanes, bool own_lanes) {
  Results results;
  for (std::size_t i = 0; i < 160; ++i) {
    const auto start = 90ms * static_cast<std::int64_t>(i / lanes) + 1ms;
    const Lane who = own_lanes ? lane(i % lanes) : loop;
    results.push_back(
        result_at({start, start + 89ms, start + 89ms, start + 89ms}, who, who));
  }
  return trace_of(90ms * static_cast<std::int64_t>(160 / lanes) + 5ms, results);
}

TEST(Timeline, DrawsPagesWithWhatIsLeftOut) {
  const Trace five = pages_with(5, true), all = pages_with(160, false);
  EXPECT_EQ(drawn({{"threads/queue, 5", &five}, {"async/gather, 160", &all}}),
            golden(R"(
threads/queue, 5: 2.88 s, 160 items on 5 lanes
lane 1 |.|.|.|..|.|.|.|..|.|.|..|.|.|.|..|.|.|..|.|.|.|..|.|.|.|..|.|.|..|.|.|..
lane 2 |.|.|.|..|.|.|.|..|.|.|..|.|.|.|..|.|.|..|.|.|.|..|.|.|.|..|.|.|..|.|.|..
lane 3 |.|.|.|..|.|.|.|..|.|.|..|.|.|.|..|.|.|..|.|.|.|..|.|.|.|..|.|.|..|.|.|..
lane 4 |.|.|.|..|.|.|.|..|.|.|..|.|.|.|..|.|.|..|.|.|.|..|.|.|.|..|.|.|..|.|.|..
lane 5 |.|.|.|..|.|.|.|..|.|.|..|.|.|.|..|.|.|..|.|.|.|..|.|.|.|..|.|.|..|.|.|..
async/gather, 160: 95.0 ms, 160 items in 160 slots on one lane; the first 8
  slots are shown, 152 are left out
slot 1 |.
slot 2 |.
slot 3 |.
slot 4 |.
slot 5 |.
slot 6 |.
slot 7 |.
slot 8 |.
       +-----------+------------+-----------+------------+------------+---------
    ms 0           500          1000        1500         2000         2500

.. waiting  ## processing  | an item
)"));
}

TEST(Timeline, MarksAnItemThatFailed) {
  Trace trace = scans_in_threads();
  trace.results[1].status = Status::failed;
  trace.results[1].processing = {};
  trace.results[3].status = Status::lost;
  trace.results[3].finished = {};
  EXPECT_EQ(drawn({{"threads/semaphore", &trace}}), golden(R"(
threads/semaphore: 225 ms, 3 items on 4 lanes; one item never ran to an end
lane 1 |..#################################
lane 2 |2..################################x
lane 3                                     |..#################################
lane 4
       +---------------+---------------+---------------+---------------+--------
    ms 0               50              100             150             200

.. waiting  ## processing  | an item  x failed
)"));
}

TEST(Timeline, NeverExceedsTheWidth) {
  const Trace threads = scans_in_threads(), async = scans_on_a_loop(),
              pages = pages_with(160, false);
  for (std::size_t columns = 20; columns <= 200; ++columns)
    for (const bool unicode : {false, true}) {
      const std::string text = drawn({{"threads/semaphore", &threads},
                                      {"async/semaphore", &async},
                                      {"async/gather", &pages}},
                                     {columns, false, unicode});
      std::size_t from = 0;
      for (std::size_t end; (end = text.find('\n', from)) != text.npos;
           from = end + 1)
        ASSERT_LE(width_of(text.substr(from, end - from)), columns) << text;
    }
}

TEST(Timeline, ColourAddsNothingToTheShapes) {
  const Trace async = scans_on_a_loop();
  std::string coloured =
      drawn({{"async/semaphore", &async}}, {80, true, false});
  EXPECT_NE(coloured.find("\x1b[36m"), coloured.npos);
  EXPECT_NE(coloured.find("\x1b[33m"), coloured.npos);
  for (std::size_t at; (at = coloured.find('\x1b')) != coloured.npos;)
    coloured.erase(at, coloured.find('m', at) + 1 - at);
  EXPECT_EQ(coloured, drawn({{"async/semaphore", &async}}));
}

TEST(Timeline, HasNoRowsForARunThatDidNothing) {
  const Trace nothing = trace_of(5ms, Results(3));
  const std::string text = drawn({{"threads/queue", &nothing}});
  EXPECT_NE(text.find("3 items never ran to an end"), text.npos) << text;
  EXPECT_EQ(text.find("lane 1"), text.npos) << text;
  EXPECT_EQ(timelines_of({}, {80, false, false}, 8), "");
}

TEST(Picture, PutsAnItemIntoTheFirstSlotThatIsFree) {
  const Picture picture = picture_of(scans_on_a_loop(), 8);
  EXPECT_EQ(picture.row_name, "slot");
  ASSERT_EQ(picture.rows.size(), 2u);
  std::vector<std::size_t> first, second;
  for (const Box& box : picture.rows[0]) first.push_back(box.item);
  for (const Box& box : picture.rows[1]) second.push_back(box.item);
  EXPECT_EQ(first, (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(second, (std::vector<std::size_t>{1, 3}));
}

TEST(Picture, TakesSlotsWhereThereAreTooManyLanes) {
  const Trace trace = scans_in_threads();
  EXPECT_EQ(picture_of(trace, 4).row_name, "lane");
  EXPECT_EQ(picture_of(trace, 4).rows.size(), 4u);
  EXPECT_EQ(picture_of(trace, 3).row_name, "slot");
  EXPECT_EQ(picture_of(trace, 3).rows.size(), 2u);
}

TEST(Picture, PutsTheStagesOfAPipelineIntoTheirLanes) {
  const Picture picture = picture_of(
      trace_of(100ms, {result_at({0ms, 10ms, 30ms, 40ms}, lane(1), lane(2))}),
      8);
  ASSERT_EQ(picture.rows.size(), 2u);
  ASSERT_EQ(picture.rows[0].size(), 1u);
  ASSERT_EQ(picture.rows[1].size(), 1u);
  EXPECT_EQ(picture.rows[0][0].to(), 10'000'000);
  EXPECT_EQ(picture.rows[1][0].from(), 30'000'000);
}

TEST(Picture, HoldsTenThousandAtOnce) {
  Results results;
  for (std::size_t i = 0; i < 10'000; ++i)
    results.push_back(result_at({0ms, 50ms, 50ms, 50ms}, loop, loop));
  EXPECT_EQ(picture_of(trace_of(60ms, results), 8).rows.size(), 10'000u);
}

}  // namespace
}  // namespace interleave
