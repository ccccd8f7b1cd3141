// docs/patterns.md as tests: one suite, every cell held to it.

#include <dirent.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>
#include <thread>

#include "common/compute.hpp"
#include "common/trace.hpp"
#include "common/transfer.hpp"
#include "tests/models/cells.hpp"

namespace interleave {
namespace {

using namespace std::chrono_literals;

class Pattern : public CellTest {
 protected:
  Pattern() {
    options_.limit = options_.limit_max = 4;
    options_.queue_capacity = 4;
    options_.batch_size = 4;
    options_.cores = 2;
    waits_ = {origin::WaitSpec::Kind::fixed, 10ms, {}};
  }

  static ConcurrencyCap width() { return cell().pattern->width; }

  static void expect_all_completed(const Trace& trace) {
    for (std::size_t i = 0; i < trace.results.size(); ++i) {
      const Result& result = trace.results[i];
      EXPECT_EQ(result.status, Status::completed)
          << "item " << i << ": " << result.error.text;
    }
  }
};

TEST_P(Pattern, CompletesAndVerifiesEveryItem) {
  const auto items = this->items(30, 10'966);
  const auto run = this->run(items);
  ASSERT_EQ(run.trace.results.size(), items.size());
  expect_all_completed(run.trace);
  EXPECT_EQ(total_bytes(run.trace), 30u * 10'966);
  EXPECT_EQ(run.origin_requests, 30u) << "each item is fetched once";
  EXPECT_EQ(control_.get()->began, 30u);
  EXPECT_EQ(control_.get()->ended, 30u);
}

TEST_P(Pattern, KeepsResultsInSubmissionOrder) {
  waits_ = origin::parse_wait("0ms..20ms");  // so that items overtake
  const auto items = this->items(30);
  const auto run = this->run(items);
  for (std::size_t i = 0; i < items.size(); ++i)
    EXPECT_EQ(run.trace.results[i].digest, items[i].expected->digest);
}

TEST_P(Pattern, NeverExceedsTheLimit) {
  const auto run = this->run(items(30));
  const std::size_t most = cell().width(30, options_);
  EXPECT_LE(peak_in_flight(run.trace), most);
  EXPECT_LE(run.origin_peak_in_flight, most);
  if (width() == ConcurrencyCap::stages) {
    EXPECT_LE(peak_held(run.trace),
              most + options_.queue_capacity + options_.cores);
  } else {
    EXPECT_LE(peak_held(run.trace), most);
  }
}

TEST_P(Pattern, ReachesTheLimitWhenItemsOutnumberIt) {
  // Longer than it takes to start them all, anywhere.
  waits_.low = width() == ConcurrencyCap::one ? 10ms : 200ms;
  const auto run = this->run(items(9));
  const std::size_t most = cell().width(9, options_);
  EXPECT_EQ(peak_in_flight(run.trace), most);
  EXPECT_EQ(run.origin_peak_in_flight, most);
}

TEST_P(Pattern, StampsEveryItemInOrder) {
  const auto run = this->run(items(10));
  for (const Result& result : run.trace.results) {
    EXPECT_GE(result.queued, run.trace.began);
    EXPECT_GE(result.started, result.queued);
    EXPECT_GE(result.downloaded, result.started + 10ms) << "the origin waits";
    EXPECT_GE(result.processing, result.downloaded);
    EXPECT_GE(result.finished, result.processing);
    EXPECT_LE(result.finished, run.trace.ended);
  }
  EXPECT_LE(makespan(run.trace), wall(run.trace));
}

TEST_P(Pattern, ProcessesForTheAskedRoundsWithTheSameOutput) {
  auto items = this->items(8);
  for (Item& item : items) item.rounds = 1000 + item.id;
  const auto run = this->run(items);
  expect_all_completed(run.trace);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::uint64_t value =
        compute(origin::body_of(1, i, 1000), items[i].rounds);
    EXPECT_EQ(std::stoull(run.trace.results[i].output, nullptr, 16), value);
  }
}

/// Any function of item and body: what came out tells who called it with what.
std::string label(const Item& item, std::string_view body) {
  if (item.argument == "boom") throw std::runtime_error("Boom!");
  return fmt::format("{} {} {:016x}", item.argument, item.id, digest(body));
}

TEST_P(Pattern, WorksOnTheBodyAndSendsWhatCameOfIt) {
  auto items = this->items(12);
  for (Item& item : items) {
    item.process_fn = label;
    item.argument = "item";
    item.follow_up = origin().url(fmt::format("/items/{}", item.id));
  }
  items[5].argument = "boom";
  items[7].follow_up = origin().url("/nowhere");
  items[9].follow_up = "";
  const auto run = this->run(items);
  const Results& results = run.trace.results;
  EXPECT_EQ(count_outcomes(run.trace), (Tally{.completed = 10, .failed = 2}));
  EXPECT_EQ(results[5].error, (Error{ErrorKind::thrown, "Boom!"}));
  EXPECT_EQ(results[7].error, (Error{ErrorKind::http, "http 404"}));
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i == 5) continue;
    EXPECT_EQ(results[i].output, label(items[i], origin::body_of(1, i, 1000)));
  }
  EXPECT_EQ(run.origin_requests, 12u + 10) << "5 and 9 have nothing to send";
  EXPECT_EQ(control_.get()->ended, 12u);
}

TEST_P(Pattern, AnItemIsFinishedWhenItsSecondRequestIs) {
  auto items = this->items(5);
  for (Item& item : items) {
    item.follow_up = "sleep:20ms";
    item.follow_up_wait = 20ms;
  }
  items[2].follow_up = origin().url("/items/2?wait=20ms");
  const auto run = this->run(items);
  expect_all_completed(run.trace);
  for (const Result& result : run.trace.results)
    EXPECT_GE(result.finished - result.processing, 20ms);
}

TEST_P(Pattern, ReadsFilesWhereTheyAreAllowed) {
  char folder[] = "/tmp/interleave_pattern_XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  std::vector<Item> items(9);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string body(20'000 * i, static_cast<char>('a' + i));
    const std::string path = fmt::format("{}/{}", folder, i);
    std::ofstream(path) << body;
    items[i].id = i;
    items[i].url = "file://" + path;
    items[i].expected = Expected{body.size(), digest(body)};
  }
  items[4].url = "file:/nowhere";
  items[6].url = fmt::format("file:{}", folder);
  options_.allow_files = true;
  const auto allowed = this->run(items);
  options_.allow_files = false;
  const auto denied = this->run(items);
  std::filesystem::remove_all(folder);

  EXPECT_EQ(count_outcomes(allowed.trace),
            (Tally{.completed = 7, .failed = 2}));
  EXPECT_EQ(allowed.trace.results[4].error.kind, ErrorKind::file);
  EXPECT_EQ(allowed.trace.results[6].error.kind, ErrorKind::file);
  for (const Result& result : denied.trace.results)
    EXPECT_EQ(result.error.kind, ErrorKind::scheme_denied);
}

TEST_P(Pattern, SleepsWithoutANetwork) {
  std::vector<Item> items(9);
  for (std::size_t i = 0; i < items.size(); ++i) {
    items[i].id = i;
    items[i].url = "sleep:20ms";
    items[i].wait = 20ms;
    items[i].expected = Expected{0, digest("")};
  }
  const auto run = this->run(items);
  expect_all_completed(run.trace);
  for (const Result& result : run.trace.results)
    EXPECT_GE(result.downloaded - result.started, 20ms);
  EXPECT_EQ(run.origin_requests, 0u);
}

TEST_P(Pattern, ReturnsNothingForNothing) {
  const auto run = this->run({});
  EXPECT_TRUE(run.trace.results.empty());
}

TEST_P(Pattern, WorksWithOneItemAndWithTheSmallestOptions) {
  options_.limit = options_.limit_max = 1;
  options_.queue_capacity = 1;
  options_.batch_size = 1;
  options_.cores = 1;
  waits_.low = 0ms;
  expect_all_completed(this->run(items(1)).trace);
  expect_all_completed(this->run(items(7)).trace);
}

TEST_P(Pattern, WorksWithALimitAboveTheNumberOfItems) {
  options_.limit = options_.limit_max = 20;
  options_.queue_capacity = 50;
  options_.batch_size = 50;
  expect_all_completed(this->run(items(3)).trace);
}

TEST_P(Pattern, AFailedItemLeavesTheOthersAlone) {
  auto items = this->items(9);
  items[1].url = origin().url("/nowhere");
  items[3].url = "ftp://127.0.0.1/x";
  items[4].url = "http://127.0.0.1:1/";  // nobody listens on port 1
  items[6].expected->digest ^= 1;
  items[7].expected->bytes += 1;
  const auto run = this->run(items);
  EXPECT_EQ(count_outcomes(run.trace), (Tally{.completed = 4, .failed = 5}));
  const Results& results = run.trace.results;
  EXPECT_EQ(results[1].error, (Error{ErrorKind::http, "http 404"}));
  EXPECT_EQ(results[3].error.kind, ErrorKind::scheme_denied);
  EXPECT_EQ(results[4].error.kind, ErrorKind::refused);
  EXPECT_EQ(results[6].error.kind, ErrorKind::integrity);
  EXPECT_EQ(results[7].error,
            (Error{ErrorKind::truncated, "truncated: 1000 of 1001 bytes"}));
}

TEST_P(Pattern, AnItemThatTakesTooLongTimesOutAlone) {
  options_.timeout = 300ms;
  auto items = this->items(5);
  items[2].url = origin().url("/items/2?wait=1m");
  const auto run = this->run(items);
  EXPECT_EQ(count_outcomes(run.trace), (Tally{.completed = 4, .failed = 1}));
  EXPECT_EQ(run.trace.results[2].error.kind, ErrorKind::timeout);
}

TEST_P(Pattern, ABodyOverTheCapFailsAsTooLarge) {
  options_.max_body = 5000;
  auto items = this->items(5);
  items[2].url = origin().url("/items/2?bytes=5001");
  const auto run = this->run(items);
  EXPECT_EQ(count_outcomes(run.trace), (Tally{.completed = 4, .failed = 1}));
  EXPECT_EQ(run.trace.results[2].error,
            (Error{ErrorKind::too_large, "body over 5000 bytes"}));
}

TEST_P(Pattern, StopSkipsWhatHasNotStartedAndFinishesWhatHas) {
  options_.on_error = OnError::stop;
  auto items = this->items(30);
  items[0].url = origin().url("/nowhere");
  const auto run = this->run(items);
  const Tally tally = interleave::count_outcomes(run.trace);
  EXPECT_EQ(tally.failed, 1u);
  EXPECT_EQ(tally.completed + tally.skipped, 29u);
  EXPECT_EQ(run.origin_requests, tally.completed + 1);
  if (width() == ConcurrencyCap::one) {
    EXPECT_EQ(tally.skipped, 29u);
  }
  if (width() != ConcurrencyCap::all) {
    EXPECT_GT(tally.skipped, 0u);
  }
}

TEST_P(Pattern, StartsNothingOnceItWasToldToStop) {
  control_.get()->stop = true;
  const auto run = this->run(items(9));
  EXPECT_EQ(count_outcomes(run.trace), (Tally{.skipped = 9}));
  EXPECT_EQ(run.origin_requests, 0u);
}

TEST_P(Pattern, AnAbortEndsTheRunSoonAndEveryItemHasAnOutcome) {
  auto items = this->items(12);
  for (std::size_t i = 2; i < items.size(); ++i)
    items[i].url = origin().url(fmt::format("/items/{}?wait=1m", i));
  const pid_t aborter = fork();
  if (aborter == 0) {
    while (control_.get()->began < 3) usleep(1000);  // one that waits
    control_.get()->stop = true;
    control_.get()->abort = true;
    _exit(0);
  }
  const auto began = Clock::now();
  const auto run = this->run(items);
  waitpid(aborter, nullptr, 0);
  EXPECT_LT(Clock::now() - began, 20s);
  const Tally tally = interleave::count_outcomes(run.trace);
  EXPECT_EQ(tally.completed + tally.failed + tally.skipped, 12u);
  EXPECT_GE(tally.failed, 1u);
  for (const Result& result : run.trace.results) {
    if (result.status != Status::failed) continue;
    EXPECT_EQ(result.error, (Error{ErrorKind::cancelled, "cancelled"}));
  }
}

TEST_P(Pattern, AStopLeavesWhatIsLeftUntouched) {
  // With a thread or a fork each, this would take minutes.
  auto items = this->items(12);
  items.resize(100'000, items.back());
  for (std::size_t i = 0; i < items.size(); ++i) items[i].id = i;
  control_.get()->stop = true;
  const auto began = Clock::now();
  const auto run = this->run(items);
  EXPECT_EQ(count_outcomes(run.trace).skipped, 100'000u);
  EXPECT_LT(Clock::now() - began, 20s);
}

TEST_P(Pattern, AWorkerKeepsItsConnection) {
  const auto run = this->run(items(20));
  const bool task_per_item =
      !cell().model->has_event_loop() && cell().pattern->uses.starts > 0;
  if (task_per_item) {
    EXPECT_EQ(run.connections, 20u) << "a session per item cannot reuse one";
  } else if (cell().model->name == "onetbb" &&
             width() == ConcurrencyCap::stages) {
    EXPECT_LE(run.connections, options_.limit + options_.cores + 1);
  } else {
    EXPECT_EQ(run.connections, cell().width(20, options_));
  }
}

TEST_P(Pattern, RunsInTheLanesOfItsModel) {
  const auto run = this->run(items(12));
  std::set<pid_t> processes, threads;
  bool elsewhere = false;
  for (const Result& result : run.trace.results) {
    processes.insert(result.downloaded_on.process);
    threads.insert(result.downloaded_on.thread);
    elsewhere |= result.processed_on != result.downloaded_on;
  }
  const TaskKind task = cell().model->task;
  const bool several = width() != ConcurrencyCap::one;
  const bool in_threads = several && task == TaskKind::thread;
  const bool in_processes = several && task == TaskKind::process;
  EXPECT_EQ(threads.size() > 1, in_threads || in_processes);
  EXPECT_EQ(processes.size() > 1, in_processes);
  if (width() != ConcurrencyCap::stages) {
    EXPECT_FALSE(elsewhere);
  }
  if (width() == ConcurrencyCap::stages && cell().model->name != "onetbb") {
    EXPECT_TRUE(elsewhere);
  }
}

TEST_P(Pattern, CountsCpuAndMemoryOfEveryProcess) {
  auto items = this->items(8);
  const std::uint64_t rounds = rounds_for(20ms, round_cost(1000));
  for (Item& item : items) item.rounds = rounds;
  const auto run = this->run(items);
  // Eight times 20 ms, wherever it was spent. The kernel samples which half was
  // user's, and the rounds may have been measured on a busier machine: a
  // quarter of it in all must show.
  EXPECT_GE(run.cpu.user + run.cpu.system, 40ms);
  EXPECT_GT(run.peak_rss_bytes, 1u << 20);
}

INSTANTIATE_TEST_SUITE_P(, Pattern, testing::ValuesIn(all_cells()),
                         cell_test_name);

// What only some cells promise.

class Batches : public Pattern {};

TEST_P(Batches, StartWhenTheLastOneHasEnded) {
  waits_ = origin::parse_wait("0ms..20ms");
  const auto run = this->run(items(12));
  const Results& results = run.trace.results;
  for (std::size_t first = 4; first < 12; first += 4)
    for (std::size_t later = first; later < first + 4; ++later)
      for (std::size_t earlier = first - 4; earlier < first; ++earlier)
        EXPECT_GE(results[later].started, results[earlier].finished);
}

INSTANTIATE_TEST_SUITE_P(, Batches,
                         testing::ValuesIn(select_cells("*/batches")),
                         cell_test_name);

class Producers : public Pattern {};

TEST_P(Producers, HandTheirItemsInEachAfterItsDelay) {
  options_.producers = 3;
  auto items = this->items(10);
  for (Item& item : items) item.delay = (1 + item.id % 4) * 10ms;
  const auto run = this->run(items);
  expect_all_completed(run.trace);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto before =
        i < 3 ? run.trace.began : run.trace.results[i - 3].queued;
    EXPECT_GE(run.trace.results[i].queued - before, items[i].delay);
    EXPECT_LE(run.trace.results[i].queued, run.trace.results[i].started);
  }
}

TEST_P(Producers, DoNotWaitForEachOther) {
  auto items = this->items(8);  // of two producers, one is slow
  for (Item& item : items) item.delay = item.id % 2 ? 100ms : 0ms;
  const auto run = this->run(items);
  EXPECT_LT(run.trace.results[6].queued, run.trace.results[7].queued);
  EXPECT_LT(run.trace.results[6].queued, run.trace.results[3].queued);
}

TEST_P(Producers, WaitWhenTheQueueIsFull) {
  options_.limit = 1;
  options_.queue_capacity = 1;
  const auto run = this->run(items(10));
  expect_all_completed(run.trace);
  // At most one item is worked on and one queued; each of the two producers,
  // and a parent in between, may hold one more in its hand.
  for (const Result& late : run.trace.results) {
    const auto ahead =
        std::ranges::count_if(run.trace.results, [&](const Result& other) {
          return other.queued < late.started && other.started >= late.started;
        });
    EXPECT_LE(ahead, 6);
  }
}

TEST_P(Producers, MayBeMoreThanThereAreItems) {
  options_.producers = 9;
  expect_all_completed(this->run(items(4)).trace);
  options_.producers = 1;
  expect_all_completed(this->run(items(4)).trace);
}

INSTANTIATE_TEST_SUITE_P(, Producers,
                         testing::ValuesIn(select_cells("*/producers")),
                         cell_test_name);

class OneByOne : public Pattern {};

TEST_P(OneByOne, NeverOverlaps) {
  const auto run = this->run(items(5));
  EXPECT_EQ(overtakes(run.trace), 0u);
  for (std::size_t i = 1; i < 5; ++i)
    EXPECT_GE(run.trace.results[i].started, run.trace.results[i - 1].finished);
}

INSTANTIATE_TEST_SUITE_P(, OneByOne,
                         testing::ValuesIn(select_cells("*/one_by_one")),
                         cell_test_name);

class Coroutines : public Pattern {};

TEST_P(Coroutines, StartInSubmissionOrder) {
  const auto run = this->run(items(20));
  for (std::size_t i = 1; i < 20; ++i)
    EXPECT_GE(run.trace.results[i].started, run.trace.results[i - 1].started);
}

INSTANTIATE_TEST_SUITE_P(, Coroutines,
                         testing::ValuesIn(select_cells("async/*")),
                         cell_test_name);

/// The models that make their own threads and processes: oneTBB keeps its
/// threads for the next call.
class OwnTasks : public Pattern {};

/// What a process holds that a pattern may leave behind.
struct LeakCounts {
  std::size_t threads = 0, descriptors = 0;
  bool children = false;

  static std::size_t entries(const char* folder) {
    std::size_t count = 0;
    DIR* directory = opendir(folder);
    while (readdir(directory)) ++count;
    closedir(directory);
    return count;
  }
  static LeakCounts now() {
    return {entries("/proc/self/task"), entries("/proc/self/fd"),
            waitpid(-1, nullptr, WNOHANG) >= 0};
  }
  /// The same, once it has no more threads than `before`: the kernel wakes who
  /// joins a thread a moment before it takes it off the list.
  static LeakCounts settled(const LeakCounts& before) {
    LeakCounts found = now();
    for (int i = 0; i < 100 && found.threads > before.threads; ++i) {
      std::this_thread::sleep_for(10ms);
      found = now();
    }
    return found;
  }
};

TEST_P(OwnTasks, LeaveNothingBehind) {
  const auto items = this->items(12);
  const pid_t child = fork();
  if (child == 0) {
    initialise_curl();
    // A sanitizer's runtime starts a thread of its own with the first.
    std::thread([] {}).join();
    const LeakCounts before = LeakCounts::now();
    cell().run(Workload(items), options_);
    const LeakCounts after = LeakCounts::settled(before);
    _exit((after.threads > before.threads) * 1 |
          (after.descriptors != before.descriptors) * 2 | after.children * 4);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0)
      << "1: threads, 2: descriptors, 4: children";
}

INSTANTIATE_TEST_SUITE_P(, OwnTasks,
                         testing::ValuesIn(select_cells(
                             "sequential/*,threads/*,processes/*,async/*")),
                         cell_test_name);

}  // namespace
}  // namespace interleave
