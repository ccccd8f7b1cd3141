#include <gtest/gtest.h>

#include "common/result.hpp"

namespace interleave {
namespace {

using namespace std::chrono_literals;

Clock::time_point at(int ms) {
  return Clock::time_point(1h + std::chrono::milliseconds(ms));
}

TEST(Attempts, TakeAPointerUntilThereAreAny) {
  EXPECT_EQ(sizeof(AttemptList), sizeof(void*));
}

TEST(Attempts, AreCopiedWithTheirResult) {
  Result one;
  one.attempts.add({at(1), at(2), 5ms, 429});
  const Result other = one;
  one.attempts.last().status = 503;
  EXPECT_EQ(other.attempts.all()[0].status, 429);
  one = Result();
  EXPECT_TRUE(one.attempts.empty());
  EXPECT_EQ(other.attempts.all().size(), 1u);
}

TEST(Attempts, OfAnItemThatWasNeverRefusedAreItsStartAlone) {
  Result result;
  result.status = Status::completed;
  result.started = at(3);
  EXPECT_EQ(result.sent(), at(3));
  EXPECT_EQ(result.refusals(), 0u);
  EXPECT_EQ(result.retries(), 0u);
  EXPECT_FALSE(result.gave_up());
}

TEST(Attempts, OfBothRequestsAreCountedApart) {
  Result result;
  result.status = Status::completed;
  result.started = at(1);
  result.attempts.add({at(1), at(2), 0ms, 503});
  result.attempts.add({at(5), at(6)});
  result.attempts.add({at(7), at(8), 0ms, 429, Request::follow_up});
  result.attempts.add({at(9), at(10), 0ms, 0, Request::follow_up});
  EXPECT_EQ(result.sent(), at(5)) << "of the download";
  EXPECT_EQ(result.refusals(), 2u);
  EXPECT_EQ(result.retries(), 2u) << "the follow-up itself repeats nothing";
  EXPECT_FALSE(result.gave_up());
}

TEST(Attempts, ThatEndInARefusalWereGivenUpUnlessCancelled) {
  Result result;
  result.attempts.add({at(1), at(2), 0ms, 503});
  result.error = {ErrorKind::http, "http 503"};
  EXPECT_TRUE(result.gave_up());
  result.error = {ErrorKind::cancelled, "cancelled"};
  EXPECT_FALSE(result.gave_up());
}

}  // namespace
}  // namespace interleave
