// Many runs of many cells, from end to end.

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <atomic>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "bench/compare/compare.hpp"
#include "bench/grid/ideal.hpp"
#include "bench/workload/url_list.hpp"
#include "tests/bench/grid/cell.hpp"
#include "tests/sanitizers.hpp"

namespace interleave {
namespace {

using namespace std::chrono_literals;

TEST(Addresses, AreAskedForByARun) {
  CompareSettings settings;
  settings.workload = recipe("pages").defaults;
  settings.workload.items = 2'100;
  settings.workload.bytes = 10;
  settings.workload.latency = {};
  settings.cells = select_cells("async/batches");
  settings.options.batch_size = settings.workload.items;
  settings.runs = 1;
  const CompareReport report = compare(settings, {});
  EXPECT_TRUE(report.comparable());
}

TEST(Compare, FaultyItemsFailInTheSameWayInEveryModel) {
  CompareSettings settings;
  settings.workload = recipe("pages").defaults;
  settings.workload.items = 30;
  settings.workload.latency = origin::parse_wait("0");
  settings.workload.faults = {0.5, usual_fault_kinds()};
  std::map<std::size_t, ErrorKind> expected;
  for (const FaultyItem& item : draw_faults(settings.workload.faults, 1, 30))
    for (const origin::Fault& fault : origin::faults())
      if (fault.kind == item.fault.kind) expected[item.id] = fault.error;
  ASSERT_EQ(expected.size(), 15u);

  settings.cells = select_cells("*/one_by_one,*/queue,*/pipeline");
  settings.runs = 1;
  const CompareReport report = compare(settings, {});
  ASSERT_FALSE(report.cells.empty());
  EXPECT_FALSE(report.comparable());
  for (const CellReport& cell : report.cells) {
    ASSERT_EQ(cell.runs.size(), 1u);
    std::map<std::size_t, ErrorKind> seen;
    for (const ItemError& error : cell.runs[0].errors)
      seen[error.item] = error.error.kind;
    EXPECT_EQ(seen, expected) << cell.cell->name();
  }
}

CompareSettings small_compare(std::string_view cells) {
  CompareSettings settings;
  settings.workload = recipe("pages").defaults;
  settings.workload.items = 6;
  settings.workload.latency = origin::parse_wait("5ms");
  settings.cells = select_cells(cells);
  settings.options.limit = 3;
  settings.runs = 2;
  return settings;
}

TEST(Compare, MeasuresEveryCellOnEqualTerms) {
  std::size_t last = 0;
  const CompareReport report =
      compare(small_compare("*"), [&](const Progress& progress) {
        EXPECT_GE(progress.runs_done, last);
        EXPECT_LE(progress.runs_done, progress.runs_planned);
        last = progress.runs_done;
      });
  EXPECT_EQ(report.cells.size(), catalog().size());
  EXPECT_EQ(last, 2 * catalog().size());
  EXPECT_TRUE(report.comparable());
  ASSERT_TRUE(report.sequential());
  for (const CellReport& cell : report.cells) {
    EXPECT_TRUE(cell.verified) << cell.cell->name();
    EXPECT_EQ(cell.runs.size(), 2u);
    EXPECT_EQ(cell.digest, report.sequential()->digest);
    EXPECT_EQ(cell.bytes, report.sequential()->bytes);
    EXPECT_LE(cell.peak_in_flight, cell.width);
    EXPECT_LE(cell.origin_peak_in_flight, cell.width);
    EXPECT_GT(cell.of_ideal(), 0);
    EXPECT_LE(cell.of_ideal(), 1) << "nothing beats its lower bound";
    EXPECT_GT(cell.cpu_per_item(), 0);
    for (const auto& run : cell.runs) EXPECT_EQ(run.origin_requests, 6u);
  }
}

TEST(Compare, BeatsNoIdealOnAnyServerThatRefusesNobody) {
  for (const ServerProfile& profile : server_profiles()) {
    const Capacity& server = profile.capacity;
    if (server.rate > 0 || server.backlog || server.refused_share > 0) continue;
    CompareSettings settings =
        small_compare("threads/semaphore,async/gather,async/batches");
    settings.workload.items = 30;
    settings.server = server;
    settings.options.limit = 6;
    settings.options.batch_size = 10;
    settings.runs = 1;
    const CompareReport report = compare(settings, {});
    ASSERT_TRUE(report.best) << profile.name;
    for (const CellReport& cell : report.cells) {
      EXPECT_TRUE(cell.verified) << cell.cell->name();
      EXPECT_LE(cell.of_ideal(), 1) << profile.name << cell.cell->name();
      if (server.slots > 0 && !server.then) {
        EXPECT_LE(cell.runs[0].origin_peak_in_service, server.slots);
      }
    }
  }
}

TEST(Compare, CountsNothingOfWhatWarmsARunUp) {
  const CompareReport report = compare(small_compare("*/gather"), {});
  for (const CellReport& cell : report.cells)
    for (const Figures& run : cell.runs) {
      EXPECT_EQ(run.origin_requests, 6u) << cell.cell->name();
      EXPECT_LE(run.connections, 6u);
    }
}

/// Results are large. Were they kept, each run would be forked from a parent
/// that is larger than the one before.
TEST(Compare, GivesTheLastRunTheMemoryOfTheFirst) {
  CompareSettings settings = small_compare("async/queue");
  settings.workload = recipe("sleep").defaults;
  settings.workload.items = 5'000;
  settings.workload.latency = origin::parse_wait("0ms");
  settings.runs = 8;
  const CompareReport report = compare(settings, {});
  const auto rss = [&](std::size_t run) {
    return static_cast<double>(report.cells[0].runs.at(run).peak_rss_bytes);
  };
  EXPECT_GT(rss(0), 1 << 20);
  // AddressSanitizer keeps what was freed, up to 256 MiB, to know it again.
  if (!under_asan) {
    EXPECT_NEAR(rss(7) / rss(0), 1, 0.1);
  }
  EXPECT_TRUE(report.cells[0].traces.empty());
}

// Of those that were kept for JSON, every run was forked from a larger parent.
TEST(Compare, KeepsNoTraceInMemoryWhileItMeasures) {
  using Traces = CompareSettings::Traces;
  for (const Traces traces : {Traces::all, Traces::last, Traces::middle}) {
    CompareSettings settings = small_compare("async/queue");
    settings.workload = recipe("sleep").defaults;
    settings.workload.items = 20'000;
    settings.workload.latency = origin::parse_wait("0ms");
    settings.runs = 4;
    settings.traces = traces;
    const CellReport cell = compare(settings, {}).cells.at(0);
    const auto inherited = [&](std::size_t run) {
      return static_cast<double>(cell.runs.at(run).inherited_rss_bytes);
    };
    if (!under_asan) {
      EXPECT_NEAR(inherited(3) / inherited(0), 1, 0.1);
    }
    EXPECT_EQ(cell.traces.size(), traces == Traces::all ? 4u : 1u);
  }
}

TEST(Compare, WatchesEventLoopsInARunApart) {
  CompareSettings settings = small_compare("async/queue,threads/queue");
  settings.workload.cpu = 4ms;
  settings.watch_lag = true;
  const CompareReport report = compare(settings, {});
  EXPECT_EQ(report.runs_done, 2u * 2 + 1);
  EXPECT_FALSE(report.cells[0].loop_lag) << "threads have none";
  ASSERT_TRUE(report.cells[1].loop_lag);
  EXPECT_EQ(report.cells[1].runs.size(), 2u);
  const Percentiles lag = *report.cells[1].loop_lag;
  EXPECT_LE(lag.p50, lag.p99);
  EXPECT_LE(lag.p99, lag.max);
  EXPECT_GE(lag.max, 1ms) << "an item computes for longer";
  for (const CellReport& one : report.cells) {
    EXPECT_GE(one.latency.p50, 5ms) << "the wait alone";
    EXPECT_LE(one.latency.p50, one.latency.p99);
    EXPECT_LE(one.latency.p99, one.latency.max);
  }
}

TEST(Compare, KeepsTheTracesItIsAskedFor) {
  using Traces = CompareSettings::Traces;
  for (const auto& [traces, kept] : {std::pair{Traces::none, 0u},
                                     {Traces::last, 1u},
                                     {Traces::middle, 1u},
                                     {Traces::all, 2u}}) {
    CompareSettings settings = small_compare("async/queue");
    settings.traces = traces;
    const CompareReport report = compare(settings, {});
    ASSERT_EQ(report.cells[0].traces.size(), kept);
    for (const Trace& trace : report.cells[0].traces)
      EXPECT_EQ(trace.results.size(), 6u);
  }
}

TEST(Compare, KeepsTheTraceOfTheMedianRun) {
  CompareSettings settings = small_compare("async/queue");
  settings.runs = 3;
  settings.traces = CompareSettings::Traces::middle;
  const CellReport cell = compare(settings, {}).cells.at(0);
  EXPECT_EQ(static_cast<double>(wall(cell.traces.at(0)).count()),
            cell.wall.median);
}

UrlList list_of(const std::string& text) {
  return {
      "list",
      std::make_shared<const std::vector<Item>>(parse_url_list(text, "list")),
      0};
}

TEST(Compare, LearnsAListFromTheSequentialRun) {
  origin::Process origin;
  CompareSettings settings = small_compare("async/queue,threads/queue");
  settings.url_list = list_of(origin.url("/items/1?bytes=10&wait=5ms") + '\n' +
                              origin.url("/items/2?bytes=20&wait=5ms"));
  const CompareReport report = compare(settings, {});
  EXPECT_FALSE(report.has_origin) << "not ours";
  EXPECT_TRUE(report.comparable());
  for (const CellReport& cell : report.cells) {
    EXPECT_EQ(cell.bytes, 30u);
    ASSERT_TRUE(cell.ideal);
    EXPECT_GE(cell.ideal->time, 5ms);
  }
}

/// What the runs of a cell were asked for, in all their processes.
struct Asked {
  std::atomic<int> runs, at_the_list, elsewhere;
};
Asked* asked = nullptr;
std::string list_base;

Results run_and_note(Workload items, const Options& options) {
  ++asked->runs;
  for (std::size_t i = 0; i < items.size(); ++i)
    ++(items[i].url.starts_with(list_base) ? asked->at_the_list
                                           : asked->elsewhere);
  return cell("threads/queue").run(items, options);
}

TEST(Compare, WarmsUpAListWithoutAskingItsServer) {
  asked =
      static_cast<Asked*>(mmap(nullptr, sizeof(Asked), PROT_READ | PROT_WRITE,
                               MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  ASSERT_NE(asked, MAP_FAILED);
  origin::Process origin;
  list_base = origin.url("/");
  Cell noting = cell("threads/queue");
  noting.run = run_and_note;
  CompareSettings settings = small_compare("threads/queue");
  settings.cells = {&noting};
  settings.url_list = list_of(origin.url("/items/1?bytes=10") + '\n' +
                              origin.url("/items/2?bytes=20"));
  const CompareReport report = compare(settings, {});
  EXPECT_TRUE(report.comparable());
  EXPECT_FALSE(report.has_origin);
  // Two counted runs and one that is not, each after a warm-up.
  EXPECT_EQ(asked->runs, 6);
  EXPECT_EQ(asked->at_the_list, 3 * 2);
  EXPECT_EQ(asked->elsewhere, 3 * 2);
  EXPECT_EQ(origin.counters().requests, 2u + 3 * 2) << "and what was learnt";
  munmap(asked, sizeof(Asked));
}

TEST(Compare, RanksNothingWhenItemsFailed) {
  CompareSettings settings = small_compare("async/gather");
  settings.url_list = list_of("http://127.0.0.1:1/\n");
  const CompareReport report = compare(settings, {});
  EXPECT_FALSE(report.comparable());
  EXPECT_FALSE(report.cells[0].verified);
  EXPECT_EQ(conclude(report).find("Nothing is ranked: async/gather"), 0u)
      << conclude(report);
}

TEST(Compare, StopsWithWhatItHasWhenItsTokenSaysSo) {
  CompareSettings settings = small_compare("*/gather");
  std::stop_source source;
  const CompareReport report = compare(
      settings,
      [&](const Progress& progress) {
        if (progress.runs_done == 2) source.request_stop();
      },
      source.get_token());
  EXPECT_TRUE(report.interrupted);
  EXPECT_FALSE(report.comparable());
  EXPECT_LT(report.runs_done, report.runs_planned);
  EXPECT_TRUE(report.any_run());
}

// User and system time are sampled, and what one of them gets the other lacks.
TEST(Compare, TakesTheMedianOfTheSumsAndNotTheSumOfTheMedians) {
  CellReport one;
  one.cell = &cell("threads/queue");
  for (const auto& [user, system] :
       {std::pair(4ms, 0ms), std::pair(0ms, 4ms), std::pair(3ms, 2ms)}) {
    Figures& run = one.runs.emplace_back();
    run.items = run.tally.completed = 1;
    run.wall = 10ms;
    run.cpu = {user, system};
  }
  add_figures(one);
  // 3 ms and 2 ms are the medians of the parts.
  EXPECT_EQ(one.cpu.median, 4e6);
  EXPECT_EQ(one.cpu_per_item(), 4e6);
}

TEST(Compare, ShowsTheBytesOfTheRunWhoseOutcomesItShows) {
  CellReport one;
  one.cell = &cell("threads/queue");
  for (const std::size_t completed : {4u, 3u, 4u}) {
    Figures& run = one.runs.emplace_back();
    run.items = 4;
    run.wall = 10ms;
    run.tally.completed = completed;
    run.bytes = 100 * completed;
    run.connections = completed;
  }
  one.runs.resize(2);
  add_figures(one);
  EXPECT_EQ(one.worst_run()->tally.completed, 3u);
  EXPECT_EQ(one.bytes, 300u);
  EXPECT_EQ(one.connections, 4u) << "3.5 is rounded";
}

}  // namespace
}  // namespace interleave
