// The published experiments: their orders in every model that has the pattern,
// and their promises on a small time scale.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/experiments/chain.hpp"
#include "bench/experiments/concepts.hpp"
#include "bench/experiments/experiment.hpp"
#include "bench/experiments/gated.hpp"
#include "bench/experiments/jobs.hpp"
#include "bench/experiments/order.hpp"
#include "bench/experiments/versions.hpp"
#include "bench/report/experiments.hpp"
#include "tests/models/cells.hpp"
#include "tests/sanitizers.hpp"

namespace interleave::experiments {
namespace {

using namespace std::chrono_literals;

/// A trace in which item i runs from `times[i].first` to `.second` ms.
Trace trace_of(const std::vector<std::pair<int, int>>& times) {
  Trace trace;
  trace.began = Clock::time_point(1s);
  for (const auto& [from, to] : times) {
    Result& result = trace.results.emplace_back();
    result.status = Status::completed;
    result.queued = trace.began;
    result.started = trace.began + std::chrono::milliseconds(from);
    result.downloaded = result.processing = result.finished =
        trace.began + std::chrono::milliseconds(to);
  }
  return trace;
}

// ---- what is read off a trace ----------------------------------------------

TEST(OrderOf, NamesWhatHappenedAsItHappened) {
  const Trace trace = trace_of({{1, 10}, {2, 20}, {11, 30}});
  EXPECT_EQ(order_of(trace, loading), "S1 S2 L1 S3 L2 L3");
  EXPECT_EQ(order_of(trace, {"One", "", "Two", false}),
            "One One Two One Two Two");
}

TEST(OrderOf, SortsOnlyStartsThatAreNeighbours) {
  const Trace trace = trace_of({{2, 10}, {1, 20}, {12, 30}, {11, 40}});
  EXPECT_EQ(order_of(trace, loading), "S2 S1 L1 S4 S3 L2 L3 L4");
  EXPECT_EQ(order_of_groups(trace, loading), "S1 S2 L1 S3 S4 L2 L3 L4");
}

TEST(OrderOf, DoesNotSortWhatFinished) {
  const Trace trace = trace_of({{1, 20}, {2, 10}});
  EXPECT_EQ(order_of_groups(trace, loading), "S1 S2 L2 L1");
}

TEST(EqualCostOrder, IsThePublishedOne) {
  EXPECT_EQ(equal_cost_order(4, 1), "S1 L1 S2 L2 S3 L3 S4 L4");
  EXPECT_EQ(equal_cost_order(4, 2), "S1 S2 L1 S3 L2 S4 L3 L4");
  EXPECT_EQ(equal_cost_order(4, 4), "S1 S2 S3 S4 L1 L2 L3 L4");
  EXPECT_EQ(equal_cost_order(2, 9), "S1 S2 L1 L2");
  EXPECT_EQ(equal_cost_order(0, 2), "");
}

TEST(BatchLines, CountWhatIsDoneAfterEachBatch) {
  EXPECT_EQ(batch_lines(trace_of({{0, 9}, {0, 5}, {9, 12}}), 2),
            (std::vector<std::string>{"Completed 2 out of 3 tasks",
                                      "Completed 3 out of 3 tasks"}));
}

TEST(BatchLines, SeeWhoIsAheadOfTheBarrier) {
  EXPECT_EQ(batch_lines(trace_of({{0, 9}, {0, 5}, {8, 12}}), 2).front(),
            "Completed 2 out of 3 tasks, others ahead of them");
}

TEST(Chain, DrawsWaitsInTheOrderTheyBegin) {
  const std::int64_t drawn[] = {4, 4, 0, 10, 20, 30};
  std::size_t next = 0;
  EXPECT_EQ(draw_waits(3, [&] { return drawn[next++]; }),
            (std::vector<ChainWaits>{{4, 20}, {4, 30}, {0, 10}}));
}

TEST(PeakProcessing, CountsWhatIsProcessedAtOnce) {
  Trace trace = trace_of({{0, 10}, {0, 20}, {0, 30}});
  EXPECT_EQ(peak_processing(trace), 0u);  // each took no time
  for (Result& result : trace.results) result.processing = result.started;
  EXPECT_EQ(peak_processing(trace), 3u);
  trace.results[2].processing = trace.results[1].finished;
  EXPECT_EQ(peak_processing(trace), 2u);
}

// ---- outcomes --------------------------------------------------------------

TEST(Outcome, IsReproducedWhenEveryPromiseHolds) {
  Outcome outcome;
  outcome.expect(true, "a");
  EXPECT_EQ(outcome.verdict(), "reproduced");
  EXPECT_FALSE(outcome.broken());
}

TEST(Outcome, SaysWhatDiffersAndWhy) {
  Outcome outcome;
  outcome.expect(true, "a", "not told");
  outcome.expect(false, "b", "it was c");
  EXPECT_TRUE(outcome.broken());
  EXPECT_EQ(outcome.verdict(),
            "not reproduced: 1 of 2 promises not kept: b (it was c).");
}

TEST(Outcome, IsNotBrokenByWhatCannotBeChecked) {
  Outcome outcome;
  outcome.expect(true, "a");
  outcome.cannot_check("b", "no room");
  EXPECT_FALSE(outcome.broken());
  EXPECT_FALSE(outcome.checked());
  EXPECT_EQ(outcome.verdict(),
            "reproduced, as far as this machine lets it be checked");
}

TEST(Experiments, AreKnownByTheirIds) {
  for (const Experiment& each : experiments::experiments())
    EXPECT_EQ(&experiment(each.id), &each);
  try {
    experiment("coutn");
    FAIL() << "an unknown experiment was found";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(),
                 "no experiment is called 'coutn': did you mean 'count'?");
  }
}

TEST(Experiments, SayWhichOptionsTheyTake) {
  EXPECT_TRUE(takes(experiment("run-jobs"), "--limit"));
  EXPECT_FALSE(takes(experiment("run-jobs"), "--li"));
  EXPECT_FALSE(takes(experiment("count"), "--limit"));
}

// ---- reports ---------------------------------------------------------------

Finding finding_of_count() {
  Finding finding;
  finding.experiment = &experiment("count");
  Row& row = finding.outcome.rows.emplace_back();
  row.version = "together";
  row.cell = "async/gather";
  row.published = 101ms;
  row.ideal = 100ms;
  row.wall = {125e6, 125e6, 125e6};
  row.runs = 1;
  row.verified = true;
  finding.outcome.orders = {{"a", "One Two"}, {"b", "One Two"}, {"c", "Two"}};
  finding.outcome.expect(false, "it is quick", "it took long");
  return finding;
}

TEST(Text, HasTheTableTheOrdersAndTheVerdict) {
  const std::string text = text_of(finding_of_count(), {}, {});
  for (const char* part :
       {"together  async/gather   0.101  0.125   0.100    80%  yes\n",
        "- a, b: One Two\n- c: Two\n", "  NO   it is quick: it took long\n",
        "x 0.1; times in seconds", "verdict: not reproduced"})
    EXPECT_NE(text.find(part), text.npos) << part << "\nin\n" << text;
}

TEST(Text, IsNeverWiderThanTheTerminal) {
  for (const std::size_t columns : {40, 60, 80}) {
    const std::string text =
        text_of(finding_of_count(), {}, {columns, false, false});
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      EXPECT_LE(end - at, columns) << text.substr(at, end - at);
      at = end + 1;
    }
  }
}

// ---- orders, in every model that has the pattern ---------------------------

class PublishedOrder : public testing::TestWithParam<const Cell*> {
 protected:
  static Workbench& bench() {
    static Workbench bench({});
    return bench;
  }

  /// A hundred times, with replies released one by one.
  static void expect_order(std::size_t count, const Options& options,
                           const Names& names, const std::string& expected) {
    for (int repeat = 0; repeat < repeats(100); ++repeat) {
      const interleave::Run run =
          run_gated(bench(), *GetParam(), count, options);
      ASSERT_EQ(order_of_groups(run.trace, names), expected)
          << "in repeat " << repeat;
      ASSERT_EQ(count_outcomes(run.trace).completed, count);
    }
  }
};

TEST_P(PublishedOrder, OfFourScansHolds) {
  Options options;
  options.limit = 2;
  options.batch_size = 2;
  options.queue_capacity = 2;
  const std::size_t width = GetParam()->width(4, options);
  expect_order(4, options, loading,
               GetParam()->pattern->width == ConcurrencyCap::batch_size
                   ? "S1 S2 L1 L2 S3 S4 L3 L4"
                   : equal_cost_order(4, width));
}

TEST_P(PublishedOrder, OfThreeCountsHolds) {
  if (GetParam()->pattern->name == "one_by_one")
    expect_order(3, {}, {"One", "", "Two", false}, "One Two One Two One Two");
  else
    expect_order(3, {}, {"One", "", "Two", false}, "One One One Two Two Two");
}

// Where several hand items in, whose comes first is nobody's promise.
INSTANTIATE_TEST_SUITE_P(
    , PublishedOrder,
    testing::ValuesIn(cells_of(grid::one_by_one, grid::gather, grid::semaphore,
                               grid::queue, grid::batches, grid::pipeline)),
    cell_test_name);

// ---- a queue that shuts down -----------------------------------------------

class BadScan : public PublishedOrder {};

/// 250 runs in each of the four models that have a queue.
TEST_P(BadScan, NeverHangsTheQueue) {
  for (int repeat = 0; repeat < repeats(250); ++repeat) {
    const Trace trace = run_with_a_bad_scan(bench(), *GetParam());
    ASSERT_EQ(trace.results[2].status, Status::failed) << "in " << repeat;
    ASSERT_EQ(count_outcomes(trace), (Tally{2, 1, 21, 0, 0}))
        << "in " << repeat;
  }
}

INSTANTIATE_TEST_SUITE_P(, BadScan, testing::ValuesIn(cells_of(grid::queue)),
                         cell_test_name);

// ---- all promises ----------------------------------------------------------

class Promises : public testing::TestWithParam<const Experiment*> {};

Outcome outcome_of(const Experiment& experiment, double time_scale) {
  Settings settings;
  settings.time_scale = time_scale;
  settings.runs = 1;
  Workbench bench(settings);
  return experiment.run(bench);
}

TEST_P(Promises, AreKept) {
  Outcome outcome = outcome_of(*GetParam(), 0.05);
  // Whose wait is shorter is done first, if the machine can tell them apart.
  if (outcome.broken()) outcome = outcome_of(*GetParam(), 0.5);
  EXPECT_FALSE(outcome.promises.empty());
  EXPECT_FALSE(outcome.broken()) << outcome.verdict();
  for (const Row& row : outcome.rows)
    EXPECT_TRUE(row.verified) << row.cell << ": " << row.failure_summary;
}

std::vector<const Experiment*> all_experiments() {
  std::vector<const Experiment*> all;
  for (const Experiment& each : experiments::experiments())
    all.push_back(&each);
  return all;
}

std::string experiment_test_name(
    const testing::TestParamInfo<const Experiment*>& tested) {
  std::string name(tested.param->id);
  std::ranges::replace(name, '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(, Promises, testing::ValuesIn(all_experiments()),
                         experiment_test_name);

}  // namespace
}  // namespace interleave::experiments
