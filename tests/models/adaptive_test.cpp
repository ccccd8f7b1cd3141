// What the pattern `adaptive` promises beside what all do.

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "common/limit_log.hpp"
#include "common/trace.hpp"
#include "tests/models/cells.hpp"

namespace interleave {
namespace {

using namespace std::chrono_literals;

class Adaptive : public CellTest {
 protected:
  Adaptive() {
    options_.limit_max = 16;
    waits_ = {origin::WaitSpec::Kind::fixed, 10ms, {}};
  }

  static bool fell(const Trace& trace) {
    return std::ranges::adjacent_find(trace.limits, std::ranges::greater(),
                                      &LimitStep::limit) != trace.limits.end();
  }

  /// That only wait: nothing but their own times counts.
  static std::vector<Item> sleeping(std::size_t count,
                                    std::chrono::milliseconds time) {
    std::vector<Item> items(count);
    for (std::size_t i = 0; i < count; ++i) {
      items[i].id = i;
      items[i].url = fmt::format("sleep:{}ms", time.count());
      items[i].wait = time;
    }
    return items;
  }

  static unsigned highest(const Trace& trace) {
    return std::ranges::max(trace.limits, {}, &LimitStep::limit).limit;
  }
};

TEST_P(Adaptive, StartsWithFourAndRaisesItsLimitToItsBound) {
  const auto run = this->run(sleeping(200, 20ms));
  EXPECT_EQ(count_outcomes(run.trace).completed, run.trace.results.size());
  ASSERT_FALSE(run.trace.limits.empty());
  EXPECT_EQ(run.trace.limits.front().limit, 4u);
  EXPECT_GT(highest(run.trace), 8u);
  EXPECT_LE(highest(run.trace), 16u);
  EXPECT_GT(peak_held(run.trace), 4u);
  EXPECT_LE(peak_held(run.trace), 16u);
}

TEST_P(Adaptive, StartsNoItemAboveTheLimitOfTheMoment) {
  const auto run = this->run(items(120));
  EXPECT_EQ(count_outcomes(run.trace).completed, run.trace.results.size());
  const Results& results = run.trace.results;
  for (const Result& one : results) {
    // What ended at about this time may or may not have been told.
    const auto held = std::ranges::count_if(results, [&](const Result& other) {
      return other.started < one.started && other.finished > one.started;
    });
    unsigned limit = 4;
    for (const LimitStep& step : run.trace.limits)
      if (step.at < one.started) limit = std::max(limit, step.limit);
    EXPECT_LT(held, limit);
  }
}

TEST_P(Adaptive, LowersItWhenItemsBecomeSlow) {
  auto items = sleeping(200, 20ms);
  const auto slow = sleeping(200, 150ms);
  std::copy(slow.begin() + 120, slow.end(), items.begin() + 120);
  const auto run = this->run(items);
  EXPECT_TRUE(fell(run.trace));
}

TEST_P(Adaptive, HeedsWhatServersRefuseToItemsThatStillWait) {
  options_.controller = Controller::aimd;
  const auto items = this->items(60);
  const pid_t refuser = fork();
  if (refuser == 0) {
    while (control_.get()->ended < 20) usleep(500);
    for (; control_.get()->ended < 50; usleep(3000)) ++control_.get()->refusals;
    _exit(0);
  }
  const auto run = this->run(items);
  waitpid(refuser, nullptr, 0);
  EXPECT_TRUE(fell(run.trace));
}

TEST_P(Adaptive, StopsInTheMiddleOfARoundWithoutLosingAnItem) {
  options_.on_error = OnError::stop;
  auto items = this->items(80);
  items[40].url = origin().url("/nowhere");
  const auto run = this->run(items);
  const Tally tally = count_outcomes(run.trace);
  EXPECT_EQ(tally.failed, 1u);
  EXPECT_GT(tally.skipped, 0u);
  EXPECT_EQ(tally.completed + tally.skipped, 79u);
}

INSTANTIATE_TEST_SUITE_P(, Adaptive,
                         testing::ValuesIn(select_cells("*/adaptive")),
                         cell_test_name);

}  // namespace
}  // namespace interleave
