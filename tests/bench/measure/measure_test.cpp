// One run: what comes before it, what cuts it short, what is kept of it.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <stop_token>
#include <thread>
#include <vector>

#include "bench/measure/background_load.hpp"
#include "bench/measure/measure.hpp"
#include "bench/measure/percentiles.hpp"
#include "bench/measure/trace_store.hpp"
#include "common/digest.hpp"
#include "tests/bench/grid/cell.hpp"
#include "tests/models/cells.hpp"
#include "tests/sanitizers.hpp"

namespace interleave {
namespace {

using namespace std::chrono_literals;

TEST(Percentiles, AreTheNearestRanks) {
  std::vector<Clock::duration> times;
  EXPECT_EQ(percentiles_of(times), Percentiles{});
  for (int i = 200; i > 0; --i) times.push_back(i * 1ms);
  EXPECT_EQ(percentiles_of(times), (Percentiles{100ms, 198ms, 200ms}));
  times.resize(3);
  EXPECT_EQ(percentiles_of(times), (Percentiles{199ms, 200ms, 200ms}));
}

TEST(Percentiles, AreOfTheItemsThatStarted) {
  Trace trace;
  const Clock::time_point zero{1s};
  for (int i = 1; i <= 3; ++i) {
    Result result;
    result.queued = zero;
    result.started = zero + i * 1ms;
    result.finished = result.started + i * 10ms;
    trace.results.push_back(result);
  }
  trace.results.emplace_back().queued = zero;  // skipped
  EXPECT_EQ(queue_wait(trace), (Percentiles{2ms, 3ms, 3ms}));
  EXPECT_EQ(latency(trace), (Percentiles{20ms, 30ms, 30ms}));
}

TEST(BackgroundLoad, CountsTicksOfWhatRuns) {
  EXPECT_EQ(busy_ticks("cpu  10 20 30 999 5 6 7 8 9 1\ncpu0 1 1 1\n"), 68u);
  EXPECT_EQ(busy_ticks("cpu 1 2 3"), 6u);
  for (const char* bad : {"", "cpu", "cpu x", "cpu0 1 2 3", "intr 1 2 3"})
    EXPECT_FALSE(busy_ticks(bad)) << bad;
}

TEST(BackgroundLoad, SayNothingOfAMoment) {
  EXPECT_FALSE(BackgroundLoad().share({}));
}

TEST(TraceStore, GivesBackWhatWasPutAside) {
  TraceStore store;
  std::vector<TraceStore::Place> places;
  for (int n = 1; n <= 4; ++n) {
    Trace trace{Clock::time_point(1s), Clock::time_point(1s + n * 1ms),
                Results(static_cast<std::size_t>(n))};
    trace.results.back().status = Status::failed;
    trace.results.back().error = {ErrorKind::reset, fmt::format("run {}", n)};
    trace.results.back().started = trace.began + 1us;
    trace.results.back().downloaded_on = {n, n + 1};
    places.push_back(store.put(trace));
  }
  const Trace third = store.get(places[2]);
  EXPECT_EQ(wall(third), 3ms);
  ASSERT_EQ(third.results.size(), 3u);
  EXPECT_EQ(third.results[2].error.text, "run 3");
  EXPECT_EQ(third.results[2].started, third.began + 1us);
  EXPECT_EQ(third.results[2].downloaded_on, (Lane{3, 4}));
  EXPECT_EQ(third.results[0].status, Status::not_run);
  EXPECT_EQ(middle_of({places[3], places[0], places[2]}).wall(), 3ms);
  EXPECT_EQ(middle_of(places).wall(), 2ms);
}

/// Sleeps of ten seconds, four at a time.
struct Endless {
  Endless() {
    items.resize(8);
    for (std::size_t i = 0; i < items.size(); ++i) {
      items[i].id = i;
      items[i].url = "sleep:10s";
      items[i].wait = 10s;
      items[i].expected = Expected{0, digest("")};
    }
    options.limit = 4;
    watch.control = control.get();
    watch.grace = 100ms;
  }

  SharedControl control;
  std::vector<Item> items;
  Options options;
  Watch watch;
};

/// Does not hear what it is told, and ends by no item's doing.
Results be_deaf(Workload items, const Options&) {
  std::this_thread::sleep_for(60s);
  return Results(items.size());
}

/// Ends when it is told to cancel, no sooner.
Results end_when_cancelled(Workload items, const Options& options) {
  Results results(items.size());
  options.control->began = 1;
  while (!options.control->abort) std::this_thread::sleep_for(1ms);
  for (Result& result : results)
    result.status = options.control->stop ? Status::skipped : Status::completed;
  return results;
}

Cell made_of(Results (*run)(Workload, const Options&)) {
  Cell made = cell("threads/queue");
  made.run = run;
  return made;
}

TEST(CutShort, ARunPastItsDeadlineComesHomeWithWhatThereIs) {
  Endless job;
  job.watch.deadline = 50ms;
  const auto began = Clock::now();
  const interleave::Run run = measure(made_of(end_when_cancelled), job.items,
                                      job.options, nullptr, job.watch);
  EXPECT_LT(Clock::now() - began, 10s);
  EXPECT_EQ(run.cut_short, CutShort::deadline);
  EXPECT_FALSE(run.killed);
  EXPECT_EQ(count_outcomes(run.trace), (Tally{.skipped = 8}));
}

Results linger_over_one_item(Workload items, const Options&) {
  if (items.size() == 1) std::this_thread::sleep_for(1500ms);
  return Results(items.size());
}

TEST(CutShort, AWarmUpDoesNotCountAgainstTheDeadline) {
  Endless job;
  job.watch.deadline = 1s;
  const std::vector<Item> one(1);
  job.watch.warm_up = one;
  EXPECT_EQ(measure(made_of(linger_over_one_item), job.items, job.options,
                    nullptr, job.watch)
                .cut_short,
            CutShort::no);
}

TEST(CutShort, AWarmUpThatStandsStillIsAStall) {
  Endless job;
  job.watch.patience = 200ms;
  job.watch.deadline = 1h;
  const std::vector<Item> one(1);
  job.watch.warm_up = one;
  EXPECT_EQ(measure(made_of(linger_over_one_item), job.items, job.options,
                    nullptr, job.watch)
                .cut_short,
            CutShort::stall);
}

TEST(CutShort, AStopTokenDoesWhatCtrlCDoes) {
  Endless job;
  std::stop_source source;
  source.request_stop();
  job.watch.stop = source.get_token();
  const interleave::Run run = measure(made_of(end_when_cancelled), job.items,
                                      job.options, nullptr, job.watch);
  EXPECT_EQ(run.cut_short, CutShort::interrupt);
  EXPECT_EQ(count_outcomes(run.trace), (Tally{.skipped = 8}));
}

TEST(CutShort, NothingHappeningForTooLongIsAStall) {
  Endless job;
  job.watch.patience = 200ms;
  job.watch.grace = 30s;  // there is nothing to wait for
  const auto began = Clock::now();
  const interleave::Run run = measure(made_of(end_when_cancelled), job.items,
                                      job.options, nullptr, job.watch);
  EXPECT_GE(Clock::now() - began, 200ms);
  EXPECT_LT(Clock::now() - began, 20s);
  EXPECT_EQ(run.cut_short, CutShort::stall);
}

TEST(CutShort, ProgressIsNoStallHoweverLongItTakes) {
  Endless job;
  job.watch.patience = 1500ms;
  for (Item& item : job.items) item.wait = 300ms;
  job.options.limit = 1;
  const interleave::Run run = measure(cell("threads/queue"), job.items,
                                      job.options, nullptr, job.watch);
  EXPECT_EQ(run.cut_short, CutShort::no);
  EXPECT_EQ(count_outcomes(run.trace).completed, 8u);
}

TEST(CutShort, AProcessThatDoesNotComeHomeIsKilledAndItsItemsAreLost) {
  Endless job;
  job.watch.deadline = 50ms;
  const auto began = Clock::now();
  const interleave::Run run =
      measure(made_of(be_deaf), job.items, job.options, nullptr, job.watch);
  EXPECT_LT(Clock::now() - began, 30s);
  EXPECT_TRUE(run.killed);
  EXPECT_EQ(run.cut_short, CutShort::deadline);
  EXPECT_EQ(count_outcomes(run.trace), (Tally{.lost = 8}));
  EXPECT_EQ(run.trace.results[0].error,
            (Error{ErrorKind::worker,
                   "the process of threads/queue was killed: told to stop, it "
                   "had not ended after 0.2 s"}));
}

/// Most in flight of items that sleep until all have begun, or for three
/// seconds none has.
std::size_t most_in_flight(const Cell& cell, std::size_t items,
                           std::size_t warm_up) {
  std::vector<Item> asleep(items), before(warm_up);
  for (std::size_t i = 0; i < items; ++i) {
    asleep[i].id = i;
    asleep[i].url = "sleep:10m";
    asleep[i].wait = 10min;
  }
  for (std::size_t i = 0; i < warm_up; ++i) {
    before[i].id = i;
    before[i].url = "sleep:";
  }
  Options options;
  options.limit = static_cast<unsigned>(items);
  options.batch_size = items;
  const SharedControl control;
  Watch watch;
  watch.control = control.get();
  watch.warm_up = before;
  watch.tick = [&](const RunControl& now) {
    if (now.began == items) (*control).stop = (*control).abort = true;
  };
  watch.patience = 3s;
  watch.grace = 20s;
  return peak_in_flight(measure(cell, asleep, options, nullptr, watch).trace);
}

std::size_t told = 0;

Results report_what_was_told(Workload items, const Options&) {
  Results results(items.size());
  results.front().bytes = std::exchange(told, 0);
  return results;
}

TEST(Measure, TellsAModelOfTheWholeRunBeforeAnythingElse) {
  Model model = *cell("threads/gather").model;
  model.prepare = [](std::size_t tasks) { told = tasks; };
  Cell made = cell("threads/gather");
  made.model = &model;
  made.run = report_what_was_told;
  const std::vector<Item> all(40), first(3);
  Watch watch;
  EXPECT_EQ(measure(made, all, {}, nullptr, watch).trace.results[0].bytes, 40u);
  watch.warm_up = first;
  EXPECT_EQ(measure(made, all, {}, nullptr, watch).trace.results[0].bytes, 0u)
      << "the warm-up was told";
}

class WarmUp : public testing::TestWithParam<const Cell*> {};

// Of oneTBB it did: one with at most 256 items left room for no more threads.
TEST_P(WarmUp, DoesNotDecideHowManyAreInFlightLater) {
  constexpr std::size_t items = 300;
  EXPECT_EQ(most_in_flight(*GetParam(), items, 0), items);
  EXPECT_EQ(most_in_flight(*GetParam(), items, 4), items);
}

/// Those with as many in flight as they may have from the beginning; a
/// sanitizer has no memory for 300 processes.
std::vector<const Cell*> crowds() {
  std::vector<const Cell*> cells = all_cells();
  std::erase_if(cells, [](const Cell* cell) {
    return cell->pattern->width == ConcurrencyCap::one ||
           cell->pattern->width == ConcurrencyCap::limit_max ||
           (under_a_sanitizer && cell->model->name == "processes");
  });
  return cells;
}

INSTANTIATE_TEST_SUITE_P(, WarmUp, testing::ValuesIn(crowds()), cell_test_name);

}  // namespace
}  // namespace interleave
