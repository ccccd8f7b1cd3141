// The way of every measured run.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "bench/grid/catalog.hpp"
#include "bench/measure/runner.hpp"
#include "bench/origin/content.hpp"
#include "bench/text/shared_memory.hpp"
#include "common/digest.hpp"

namespace interleave {
namespace {

using namespace std::chrono_literals;

const Cell& cell() {
  return *select_cells("threads/queue").front();
}

std::vector<Item> asleep(std::size_t count) {
  std::vector<Item> items(count);
  for (std::size_t i = 0; i < count; ++i) {
    items[i].id = i;
    items[i].url = "sleep:";
    items[i].wait = 20ms;
    items[i].expected = Expected{0, digest("")};
  }
  return items;
}

TEST(Runner, CountsAtItsOriginWhatItemsAskForAndNotTheWarmUp) {
  Runner runner;
  WorkloadSettings workload = recipe("pages").defaults;
  workload.items = 6;
  const std::vector<Item> items = make_items(workload, runner.urls());
  Plan plan;
  plan.items = items;
  plan.warm_up = workload;
  for (int run = 0; run < 2; ++run) {
    const interleave::Run one = runner.run(cell(), plan);
    EXPECT_EQ(count_outcomes(one.trace).completed, 6u);
    EXPECT_EQ(one.origin_requests, 6u);
    EXPECT_EQ(one.outcomes_told, 6u);
  }
  EXPECT_GT(runner.origin_cpu(), 0ns);
}

/// Each run finds the server as the first one did: idle, with a full bucket.
TEST(Runner, CountsWhatAServerWithACapacityServesAndRefuses) {
  const auto run_on = [](const Capacity& server) {
    Runner runner({.capacity = server, .replies = 12});
    WorkloadSettings workload = recipe("pages").defaults;
    workload.items = 12;
    const std::vector<Item> items = make_items(workload, runner.urls());
    Plan plan;
    plan.items = items;
    plan.options.limit = 8;
    plan.warm_up = workload;
    std::vector<interleave::Run> runs;
    for (int run = 0; run < 3; ++run) runs.push_back(runner.run(cell(), plan));
    return runs;
  };
  for (const interleave::Run& run : run_on(Capacity{.slots = 3})) {
    EXPECT_EQ(count_outcomes(run.trace).completed, 12u);
    EXPECT_EQ(run.origin_peak_in_service, 3u);
    EXPECT_LE(run.origin_peak_queued, 5u);
    EXPECT_GE(run.origin_service, 12 * 20ms);
    EXPECT_GE(wall(run.trace), 4 * 20ms);
    EXPECT_EQ(run.refused_429 + run.refused_503, 0u);
  }
  for (const interleave::Run& run :
       run_on(Capacity{.rate = 0.001, .burst = 5})) {
    EXPECT_EQ(count_outcomes(run.trace).completed, 5u);
    EXPECT_EQ(count_outcomes(run.trace).failed, 7u);
    EXPECT_EQ(run.refused_429, 7u);
    EXPECT_EQ(run.early_retries, 0u);
  }
}

TEST(Runner, StartsNoOriginForItemsThatAskForNothing) {
  Runner runner;
  const std::vector<Item> items = asleep(3);
  Plan plan;
  plan.items = items;
  plan.warm_up = recipe("sleep").defaults;
  EXPECT_EQ(count_outcomes(runner.run(cell(), plan).trace).completed, 3u);
  EXPECT_EQ(runner.origin_cpu(), 0ns);
}

TEST(Runner, TellsHowManyItemsHaveAnOutcome) {
  Runner runner;
  const std::vector<Item> items = asleep(40);
  Plan plan;
  plan.items = items;
  plan.options.limit = 1;
  std::uint64_t most = 0;
  runner.show = [&](const Cell& shown, std::uint64_t ended) {
    EXPECT_EQ(&shown, &cell());
    EXPECT_GE(ended, most);
    most = ended;
  };
  runner.run(cell(), plan);
  EXPECT_GT(most, 0u);
}

TEST(Runner, LetsAConductorWorkBesideTheRunAndEndsItWithTheRun) {
  Runner runner({.gate = true});
  const UrlOf url = runner.urls();
  std::vector<Item> items = asleep(1);
  items[0].url = url(0, origin::gated_path({0, 1, 64, {}}));
  items[0].expected.reset();
  Plan plan;
  plan.items = items;
  struct Seen {
    std::atomic<pid_t> conductor;
    std::atomic<std::uint64_t> began;
  };
  const SharedMemory<Seen> seen;
  const interleave::Run run =
      runner.run(cell(), plan, [&](RunControl& control) {
        seen->conductor = getpid();
        runner.origin().wait_until_held(1, 20s);
        seen->began = control.began.load();
        runner.origin().release(0);
        while (true) pause();
      });
  EXPECT_EQ(count_outcomes(run.trace).completed, 1u);
  EXPECT_EQ(seen->began, 1u);
  EXPECT_EQ(kill(seen->conductor, 0), -1);
  EXPECT_EQ(errno, ESRCH);
}

TEST(Runner, CallsWhatIsGivenInPlaceOfTheCell) {
  Runner runner;
  const std::vector<Item> items = asleep(2);
  Plan plan;
  plan.items = items;
  plan.in_its_place = [](Workload given, const Options&) {
    Results results(given.size());
    for (Result& result : results) result.status = Status::skipped;
    return results;
  };
  EXPECT_EQ(count_outcomes(runner.run(cell(), plan).trace).skipped, 2u);
}

TEST(Runner, WaitsAsLongAsTheLongestTransferMayTake) {
  Options options;
  options.timeout = 5s;
  std::vector<Item> items = asleep(2);
  const auto shortest = patience_for(items, options);
  EXPECT_GT(shortest, 5s);
  items[1].wait = 60s;
  EXPECT_EQ(patience_for(items, options), shortest + 55s);
  items[0].cpu = items[1].cpu = 10s;
  EXPECT_EQ(patience_for(items, options), shortest + 95s);
  items[0].follow_up = "sleep:";
  EXPECT_EQ(patience_for(items, options), shortest + 100s);
}

TEST(Runner, StopsForGood) {
  std::stop_source source;
  Runner runner({}, source.get_token());
  EXPECT_FALSE(runner.interrupted());
  source.request_stop();
  EXPECT_TRUE(runner.interrupted());
  const std::vector<Item> items = asleep(3);
  Plan plan;
  plan.items = items;
  const interleave::Run run = runner.run(cell(), plan);
  EXPECT_EQ(run.cut_short, CutShort::interrupt);
}

TEST(FreshChild, EndsWithItsObjectAtTheLatest) {
  const SharedMemory<std::atomic<pid_t>> seen;
  {
    const FreshChild child([&](int report) {
      *seen = getpid();
      if (write(report, "x", 1) != 1) return;
      while (true) pause();
    });
    char byte = 0;
    ASSERT_EQ(read(child.report(), &byte, 1), 1);
  }
  EXPECT_EQ(kill(*seen, 0), -1);
}

}  // namespace
}  // namespace interleave
