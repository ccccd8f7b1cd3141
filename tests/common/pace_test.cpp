// Controllers of a limit, on observations that were written down, and on any.
#include "common/pace.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>
#include <random>
#include <vector>

#include "common/adaptive_limit.hpp"
#include "common/aimd.hpp"
#include "common/limit_log.hpp"

namespace interleave {
namespace {

using namespace std::chrono_literals;

/// What a controller is told: items one after the other, each of which began
/// when the one before it ended.
template <class Controller>
class Told {
 public:
  explicit Told(unsigned most) : controller_(most) {}

  /// `count` items of `took` each; returns the limit then.
  unsigned items(int count, std::chrono::microseconds took,
                 bool completed = true) {
    for (int n = 0; n < count; ++n) {
      const Clock::time_point began = now_;
      now_ += took;
      controller_.observe({.began = began,
                           .sent = began,
                           .ended = now_,
                           .completed = completed,
                           .refusals = refusals_});
    }
    return controller_.limit();
  }
  /// Items that take what a server with `slots` lets them: more at once wait.
  unsigned on_slots(int count, double slots) {
    for (int n = 0; n < count; ++n) {
      const double wait = std::max(1.0, controller_.limit() / slots);
      items(1, std::chrono::microseconds(std::llround(20'000 * wait)));
    }
    return controller_.limit();
  }
  void refuse(std::uint64_t more) { refusals_ += more; }
  unsigned limit() const { return controller_.limit(); }
  double speed() const { return controller_.speed(); }
  Clock::time_point now() const { return now_; }
  Controller& controller() { return controller_; }

 private:
  Controller controller_;
  Clock::time_point now_{1h};
  std::uint64_t refusals_ = 0;
};

TEST(Pace, StartsAtFourAndNeverExceedsItsBound) {
  EXPECT_EQ(Pace(128).limit(), 4u);
  EXPECT_EQ(Pace(3).limit(), 3u);
  EXPECT_EQ(Pace(1).limit(), 1u);
  EXPECT_EQ(Pace(0).limit(), 1u);
  Told<Pace> told(20);
  EXPECT_EQ(told.items(1000, 20ms), 20u);
}

TEST(Pace, DoublesEachRoundWhileItemsAreAsFastAsBefore) {
  Told<Pace> told(128);
  EXPECT_EQ(told.items(7, 20ms), 4u) << "a window is 8 items, or the limit";
  EXPECT_EQ(told.items(1, 20ms), 8u);
  EXPECT_DOUBLE_EQ(told.speed(), 50);
  EXPECT_EQ(told.items(8, 20ms), 16u);
  EXPECT_EQ(told.items(16, 20ms), 32u);
  EXPECT_EQ(told.items(32, 20ms), 64u);
}

TEST(Pace, IgnoresWhatBeganUnderAnEarlierLimit) {
  Told<Pace> told(128);
  told.items(8, 20ms);
  const Clock::time_point before = told.now() - 1us;
  for (int n = 0; n < 100; ++n)
    told.controller().observe({.began = before,
                               .sent = before,
                               .ended = before + 1s,
                               .completed = true});
  EXPECT_EQ(told.limit(), 8u);
  EXPECT_EQ(told.items(8, 20ms), 16u);
}

TEST(Pace, LowersByThePartThatQueuesInTwoWindows) {
  Told<Pace> told(128);
  told.items(8 + 8 + 16, 20ms);
  ASSERT_EQ(told.limit(), 32u);
  EXPECT_EQ(told.items(32, 30ms), 32u) << "once may be chance";
  EXPECT_EQ(told.items(32, 30ms), 21u) << "a third of them stand in line";
}

TEST(Pace, LowersSoonWhereItemsCrawl) {
  Told<Pace> told(128);
  told.items(8 + 8 + 16, 20ms);
  ASSERT_EQ(told.limit(), 32u);
  EXPECT_EQ(told.items(7, 200ms), 32u);
  EXPECT_EQ(told.items(1, 200ms), 16u) << "four are enough, twice";
}

TEST(Pace, GoesBackWhereLoweringMadeNothingFaster) {
  Told<Pace> told(128);
  told.items(8 + 8 + 16, 20ms);
  ASSERT_EQ(told.limit(), 32u);
  EXPECT_EQ(told.items(64, 30ms), 21u);
  EXPECT_EQ(told.items(21, 30ms), 32u) << "the server itself is slower";
  EXPECT_GE(told.items(500, 30ms), 32u);
}

TEST(Pace, LowersByThePartThatIsRefused) {
  Told<Pace> told(128);
  told.items(8 + 8 + 16, 20ms);
  ASSERT_EQ(told.limit(), 32u);
  told.items(1, 20ms);
  told.refuse(9);
  EXPECT_EQ(told.items(22, 20ms), 23u) << "9 of 32";
}

TEST(Pace, TakesAFewRefusalsForChance) {
  Told<Pace> told(64);
  told.items(500, 20ms);
  ASSERT_EQ(told.limit(), 64u);
  for (int n = 0; n < 20; ++n) {
    told.refuse(2);
    EXPECT_EQ(told.items(50, 20ms), 64u);
  }
}

TEST(Pace, FindsTheSlotsOfAServer) {
  for (const double slots : {4.0, 8.0, 20.0, 50.0}) {
    Told<Pace> told(128);
    double sum = 0;
    told.on_slots(1000, slots);
    for (int n = 0; n < 1000; ++n) sum += told.on_slots(1, slots);
    EXPECT_GE(sum / 1000, 0.8 * slots);
    EXPECT_LE(sum / 1000, 1.5 * slots + 1);
  }
}

TEST(Pace, RecoversAfterAStepDownAndUp) {
  Told<Pace> told(128);
  told.on_slots(1000, 32);
  EXPECT_GE(told.limit(), 24u);
  told.on_slots(1000, 4);
  EXPECT_LE(told.limit(), 8u);
  told.on_slots(3000, 32);
  EXPECT_GE(told.limit(), 24u);
}

TEST(Pace, IsAFunctionOfWhatItObserved) {
  std::mt19937_64 random(7);
  Pace one(128), other(128);
  for (int n = 0; n < 2000; ++n) {
    const Clock::time_point began{std::chrono::milliseconds(random() % 10'000)};
    const Observation item{
        .began = began,
        .sent = began + std::chrono::microseconds(random() % 9'000),
        .ended = began + std::chrono::microseconds(9'000 + random() % 90'000),
        .completed = random() % 9 > 0,
        .refusals = random() % 50};
    one.observe(item);
    other.observe(item);
    ASSERT_EQ(one.limit(), other.limit());
  }
}

/// Moments in any order, refusals that go back, times of a nanosecond and of
/// days, and failures.
template <class Controller>
void expect_harmless(std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto any = [&] {
    const auto bits = random() % 60;
    return Clock::duration(static_cast<std::int64_t>(random() >> (63 - bits)) -
                           static_cast<std::int64_t>(random() % 3));
  };
  const auto most = static_cast<unsigned>(random() % 300);
  Controller controller(most);
  Clock::time_point now{};
  for (int n = 0; n < 3000; ++n) {
    const bool plain = random() % 2;
    if (plain) now += std::chrono::microseconds(random() % 10'000);
    const Clock::time_point began = plain ? now : Clock::time_point(any());
    controller.observe(
        {.began = began,
         .sent = plain ? began : Clock::time_point(any()),
         .ended = plain ? began + std::chrono::microseconds(random() % 50'000)
                        : Clock::time_point(any()),
         .completed = random() % 8 > 0,
         .refusals =
             random() % 4 ? static_cast<std::uint64_t>(n) / 3 : random()});
    ASSERT_GE(controller.limit(), 1u) << "seed " << seed;
    ASSERT_LE(controller.limit(), std::max(most, 1u)) << "seed " << seed;
    ASSERT_TRUE(std::isfinite(controller.speed())) << "seed " << seed;
  }
}

TEST(Pace, KeepsItsBoundsWhateverItObserves) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) expect_harmless<Pace>(seed);
}

TEST(Aimd, KeepsItsBoundsWhateverItObserves) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) expect_harmless<Aimd>(seed);
}

TEST(Aimd, AddsOneForAFullRoundAndTakesThreeTenthsAtARefusal) {
  Told<Aimd> told(128);
  EXPECT_EQ(told.items(4, 20ms), 5u);
  EXPECT_EQ(told.items(4, 900ms), 5u);
  EXPECT_EQ(told.items(1, 900ms), 6u) << "however slow they are";
  told.refuse(3);
  EXPECT_EQ(told.items(1, 20ms), 4u) << "once for what came together";
  EXPECT_EQ(told.items(1, 20ms, false), 2u);
}

TEST(AdaptiveLimit, CountsRefusalsOfAllWhereSomebodyWatches) {
  RunControl control;
  control.refusals = 100;  // of an earlier run
  LimitLog log;
  Options options;
  options.control = &control;
  options.limit_log = &log;
  options.controller = Controller::aimd;
  AdaptiveLimit limit(options);
  Result result;
  result.status = Status::completed;
  result.started = Clock::time_point(1s);
  result.downloaded = Clock::time_point(2s);
  limit.observe(result);
  EXPECT_EQ(limit.current(), 4u);
  control.refusals = 101;
  limit.observe(result);
  EXPECT_EQ(limit.current(), 2u);
  const std::vector<LimitStep> steps = log.take();
  ASSERT_EQ(steps.size(), 2u);
  EXPECT_EQ(steps[0].limit, 4u);
  EXPECT_EQ(steps[1], (LimitStep{Clock::time_point(2s), 2, 0}));
}

TEST(AdaptiveLimit, LearnsNothingFromItemsThatNeverBegan) {
  Options options;
  options.controller = Controller::aimd;
  AdaptiveLimit limit(options);
  for (const Status status : {Status::skipped, Status::lost, Status::not_run}) {
    Result result;
    result.status = status;
    limit.observe(result);
  }
  EXPECT_EQ(limit.current(), 4u);
}

TEST(LimitLog, KeepsTheFirstAndTheLastStepInBoundedMemory) {
  LimitLog log;
  for (unsigned n = 1; n <= 100'000; ++n)
    log.add({Clock::time_point(n * 1us), n, 1.0});
  const std::vector<LimitStep> steps = log.take();
  EXPECT_LE(steps.size(), LimitLog::most);
  EXPECT_GE(steps.size(), LimitLog::most / 2);
  EXPECT_EQ(steps.front().limit, 1u);
  EXPECT_EQ(steps.back().limit, 100'000u);
  for (std::size_t n = 1; n < steps.size(); ++n)
    EXPECT_GT(steps[n].at, steps[n - 1].at);
}

}  // namespace
}  // namespace interleave
