#include "common/trace.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace interleave {
namespace {

using namespace std::chrono_literals;

Clock::time_point at(int ms) {
  return Clock::time_point(1h + std::chrono::milliseconds(ms));
}

/// An item that downloads from `started` to `downloaded` and is processed from
/// there to `finished`, all in ms.
Result item(int started, int downloaded, int finished) {
  Result result;
  result.status = Status::completed;
  result.queued = at(0);
  result.started = at(started);
  result.downloaded = result.processing = at(downloaded);
  result.finished = at(finished);
  return result;
}

Trace trace_of(Results results) {
  return {at(-5), at(100), results};
}

TEST(Trace, MakespanRunsFromTheFirstStartToTheLastFinish) {
  const Trace trace = trace_of({item(20, 30, 31), item(10, 15, 16)});
  EXPECT_EQ(makespan(trace), 21ms);
  EXPECT_EQ(wall(trace), 105ms);
  EXPECT_EQ(overhead(trace), 84ms);
}

TEST(Trace, NothingStartedMeansNoMakespan) {
  EXPECT_EQ(makespan(trace_of({})), 0ms);
  EXPECT_EQ(makespan(trace_of({Result{}})), 0ms);
}

TEST(Trace, WorkLeavesTheWaitBetweenTwoStagesOut) {
  Result staged = item(0, 10, 50);
  staged.processing = at(47);
  EXPECT_EQ(total_item_time(trace_of({staged, item(0, 5, 6)})), 13ms + 6ms);
}

TEST(Trace, CountsDownloadsAndHeldItemsAtTheirPeak) {
  // Two download at once; a third waits for processing meanwhile.
  const Trace trace =
      trace_of({item(0, 2, 30), item(5, 20, 21), item(10, 25, 26)});
  EXPECT_EQ(peak_in_flight(trace), 2u);
  EXPECT_EQ(peak_held(trace), 3u);
}

TEST(Trace, AnItemThatEndsWhenAnotherStartsDoesNotOverlapIt) {
  EXPECT_EQ(peak_in_flight(trace_of({item(0, 10, 10), item(10, 20, 20)})), 1u);
}

TEST(Trace, ListsItemsInTheOrderTheyFinishedAndCountsOvertakes) {
  const Trace trace =
      trace_of({item(0, 1, 30), item(0, 1, 10), item(0, 1, 20)});
  EXPECT_EQ(completion_order(trace), (std::vector<std::size_t>{1, 2, 0}));
  EXPECT_EQ(overtakes(trace), 2u);
}

TEST(Trace, AReversedOrderOvertakesOncePerPair) {
  Results results;
  for (int i = 0; i < 101; ++i) results.push_back(item(0, 1, 1000 - i));
  EXPECT_EQ(overtakes(trace_of(results)), 101u * 100 / 2);
}

TEST(Trace, ItemsThatNeverStartedAreInNoOrder) {
  Result skipped;
  skipped.status = Status::skipped;
  const Trace trace = trace_of({item(0, 1, 9), skipped, item(0, 1, 5)});
  EXPECT_EQ(completion_order(trace), (std::vector<std::size_t>{2, 0}));
  EXPECT_EQ(peak_held(trace), 2u);
}

TEST(Trace, TalliesEveryItemOnce) {
  Results results(5);
  results[0].status = Status::completed;
  results[1].status = Status::failed;
  results[2].status = Status::skipped;
  results[3].status = Status::lost;
  EXPECT_EQ(count_outcomes(trace_of(results)), (Tally{1, 1, 1, 1, 1}));
}

TEST(Trace, TheDigestTellsDifferentJobsApart) {
  Result a = item(0, 1, 2), b = item(7, 8, 9);
  a.digest = 1, b.digest = 2;
  const std::uint64_t whole = combined_digest(trace_of({a, b}));
  EXPECT_NE(whole, combined_digest(trace_of({b, a}))) << "order counts";
  Result moved = a;
  moved.finished += 3ms;
  EXPECT_EQ(whole, combined_digest(trace_of({moved, b}))) << "time does not";
  moved.output = "else";
  EXPECT_NE(whole, combined_digest(trace_of({moved, b}))) << "output counts";
  moved = a;
  moved.status = Status::failed;
  EXPECT_NE(whole, combined_digest(trace_of({moved, b}))) << "status counts";
}

TEST(Trace, EventsComeAsTheyHappened) {
  using What = Event::What;
  const std::vector<Event> all =
      events(trace_of({item(1, 5, 6), item(2, 3, 4)}));
  std::vector<std::pair<What, std::size_t>> seen;
  for (const Event& event : all) seen.emplace_back(event.what, event.item);
  EXPECT_EQ(seen,
            (std::vector<std::pair<What, std::size_t>>{{What::queued, 0},
                                                       {What::queued, 1},
                                                       {What::started, 0},
                                                       {What::started, 1},
                                                       {What::downloaded, 1},
                                                       {What::finished, 1},
                                                       {What::downloaded, 0},
                                                       {What::finished, 0}}));
}

TEST(Trace, SumsTheBytesOfCompletedItemsOnly) {
  Result good = item(0, 1, 2), bad = item(0, 1, 2);
  good.bytes = 10, bad.bytes = 5;
  bad.status = Status::failed;
  EXPECT_EQ(total_bytes(trace_of({good, bad, good})), 20u);
}

}  // namespace
}  // namespace interleave
