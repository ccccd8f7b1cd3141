// Conclusions word by word, on machines of one core and of two.

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "bench/compare/compare.hpp"
#include "bench/grid/ideal.hpp"
#include "tests/bench/grid/cell.hpp"

namespace interleave {
namespace {

using namespace std::chrono_literals;

// The machine may have any number of cores; these sentences need some.
CompareReport on_cores(unsigned cores,
                       std::vector<std::pair<const char*, double>> walls_ms) {
  const auto items = items_of(std::vector<std::pair<int, int>>(200, {20, 4}));
  CompareReport report;
  report.cores = report.settings.options.cores = cores;
  report.settings.options.limit = 32;
  report.items = items.size();
  report.items_cpu = 800ms;
  for (auto [name, ms] : walls_ms) {
    CellReport one;
    one.cell = &cell(name);
    one.ideal =
        ideal(*one.cell, Workload(items), report.settings.options, cores);
    one.verified = true;
    for (const double scatter : {0.99, 1.0, 1.01, 0.995, 1.005}) {
      Figures& run = one.runs.emplace_back();
      run.items = run.tally.completed = items.size();
      run.wall = std::chrono::microseconds(std::llround(ms * scatter * 1000));
      run.cpu.user = 900ms;
    }
    add_figures(one);
    report.cells.push_back(one);
  }
  return report;
}

TEST(Conclusion, ExplainsWhatOneCoreMeansForTheEventLoop) {
  EXPECT_EQ(
      conclude(on_cores(2, {{"async/queue", 830},
                            {"async/pipeline", 430},
                            {"threads/queue", 428}})),
      "Fastest in queue: threads/queue, 428 ms (98% of its ideal of 420 ms, "
      "bound by CPU).\n"
      "Only in pipeline: async/pipeline, 430 ms (98% of its ideal of 420 ms, "
      "bound by CPU).\n"
      "Bound by one core: async/queue: items are processed on the "
      "event loop's "
      "only thread (the items take 800 ms of CPU).\n"
      "Faster on 2 cores: threads/queue, 1.9x as fast as the event loop of "
      "their pattern.\n"
      "Bound by CPU: async/pipeline and threads/queue (the items take "
      "800 ms "
      "of CPU, 400 ms on 2 cores).");
}

TEST(Conclusion, SaysNothingOfEventLoopsWhereOneCoreBindsAll) {
  const std::string text =
      conclude(on_cores(1, {{"async/queue", 830}, {"threads/queue", 840}}));
  EXPECT_EQ(text.find("event loop"), std::string::npos) << text;
  EXPECT_NE(text.find("Bound by CPU: async/queue and threads/queue (the items "
                      "take 800 ms of CPU)."),
            std::string::npos)
      << text;
}

// Named a cause once: the CPU of its tasks, with what --cpu asks for in it.
TEST(Conclusion, NamesNoCauseThatTheFiguresDoNotShow) {
  CompareReport report =
      on_cores(2, {{"threads/queue", 900}, {"processes/queue", 1000}});
  for (CellReport& cell : report.cells)
    cell.ideal = Ideal{700ms, LimitingFactor::limit};
  const std::string text = conclude(report);
  EXPECT_NE(text.find("Missing time: in threads/queue and processes/queue, no "
                      "figure here shows the cause."),
            std::string::npos)
      << text;
  for (Figures& run : report.cells[1].runs) run.cpu.system = 400ms;
  add_figures(report.cells[1]);
  EXPECT_NE(conclude(report).find("Missing time: in processes/queue, CPU "
                                  "beyond what the items need fills 83% of it"),
            std::string::npos)
      << conclude(report);
}

TEST(Conclusion, NamesTheDearestAndNotTheSlowest) {
  CompareReport report =
      on_cores(2, {{"threads/queue", 1000}, {"processes/queue", 900}});
  for (CellReport& cell : report.cells)
    cell.ideal = Ideal{700ms, LimitingFactor::limit};
  for (std::size_t run = 0; run < 5; ++run)
    report.cells[1].runs[run].cpu.system = 3s + run * 10ms;
  add_figures(report.cells[1]);
  EXPECT_NE(conclude(report).find("to 19.6 ms (processes/queue)."),
            std::string::npos)
      << conclude(report);
}

}  // namespace
}  // namespace interleave
