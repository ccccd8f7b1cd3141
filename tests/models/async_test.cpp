#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <vector>

#include "async/bounded_queue.hpp"
#include "async/group.hpp"
#include "async/loop.hpp"
#include "async/run_item.hpp"
#include "async/semaphore.hpp"
#include "async/session.hpp"
#include "async/timer_queue.hpp"
#include "bench/origin/process.hpp"
#include "tests/common/full_server.hpp"
#include "tests/sanitizers.hpp"

namespace interleave::async {
namespace {

using Log = std::vector<std::string>;

/// A loop returns a value.
Task<bool> wrap(Task<> task) {
  co_await std::move(task);
  co_return true;
}

/// Runs `task` on a loop of its own; rethrows what it throws.
template <class... Arguments>
void run_loop(Task<> (*task)(Arguments...),
              std::type_identity_t<Arguments>... arguments) {
  Loop loop;
  loop.run(wrap(task(arguments...)));
}

/// Lets everything else that is ready run first.
Task<> step_aside() {
  co_await asio::post(Loop::current(), asio::deferred);
}

Task<> say(Log& log, std::string text, int steps) {
  for (int step = 0; step < steps; ++step) co_await step_aside();
  log.push_back(text);
}

Task<> fail(std::string text, int steps) {
  for (int step = 0; step < steps; ++step) co_await step_aside();
  throw std::runtime_error(text);
}

Task<> spawn_three(Log& log) {
  Group group;
  group.spawn(say(log, "slow", 3));
  group.spawn(say(log, "at once", 0));
  log.push_back("spawned");
  group.spawn(say(log, "fast", 1));
  co_await group.join();
  log.push_back("joined");
}

TEST(CoroutineGroup, RunsInlineUntilTheFirstSuspensionAndJoinsAll) {
  Log log;
  run_loop(spawn_three, log);
  EXPECT_EQ(log, (Log{"at once", "spawned", "fast", "slow", "joined"}));
}

Task<> spawn_failures(Log& log) {
  Group group;
  group.spawn(fail("later", 5));
  group.spawn(fail("first", 1));
  group.spawn(say(log, "sibling", 8));
  co_await group.join();
}

TEST(CoroutineGroup, RethrowsTheFirstErrorAfterAllHaveEnded) {
  Log log;
  try {
    run_loop(spawn_failures, log);
    FAIL() << "join did not throw";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "first");
  }
  EXPECT_EQ(log, Log{"sibling"});
}

Task<> never(Semaphore& permits) {
  co_await permits.acquire();
  co_await permits.acquire();
}

Task<> fail_before_the_join(Log& log) {
  Semaphore permits(1);
  Group group;
  group.spawn(never(permits));
  group.spawn(fail("a permit is owed", 2));
  co_await permits.acquire();
  log.push_back("went on");
}

TEST(CoroutineGroup, ATaskThatFailsBeforeTheJoinEndsTheLoop) {
  Log log;
  try {
    run_loop(fail_before_the_join, log);
    FAIL() << "the loop did not throw";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "a permit is owed");
  }
  EXPECT_EQ(log, Log{});
}

Task<> leave_before_the_join(Log& log) {
  Group group;
  group.spawn(say(log, "resumed", 3));
  throw std::runtime_error("left");
}

TEST(CoroutineGroup, LeftByAnExceptionItsTasksAreNotResumed) {
  Log log;
  EXPECT_THROW(run_loop(leave_before_the_join, log), std::runtime_error);
  EXPECT_EQ(log, Log{});
}

Task<> join_nothing() {
  Group group;
  co_await group.join();
  group.spawn(step_aside());
  while (true) {  // ended before anybody waits: the join must not
    co_await step_aside();
    co_await step_aside();
    break;
  }
  co_await group.join();
}

TEST(CoroutineGroup, JoinReturnsAtOnceWhenNothingRuns) {
  run_loop(join_nothing);
}

Task<> hold(Log& log, Semaphore& permits, std::string name, int steps) {
  co_await permits.acquire();
  log.push_back("+" + name);
  for (int step = 0; step < steps; ++step) co_await step_aside();
  log.push_back("-" + name);
  permits.release();
}

Task<> hold_five(Log& log) {
  Semaphore permits(2);
  Group group;
  group.spawn(hold(log, permits, "a", 6));
  group.spawn(hold(log, permits, "b", 2));
  group.spawn(hold(log, permits, "c", 9));
  group.spawn(hold(log, permits, "d", 1));
  group.spawn(hold(log, permits, "e", 1));
  co_await group.join();
}

TEST(CoroutineSemaphore, GivesPermitsFirstComeFirstServed) {
  Log log;
  run_loop(hold_five, log);
  ASSERT_EQ(log.size(), 10u);
  int held = 0;
  std::string order;
  for (const std::string& entry : log) {
    held += entry[0] == '+' ? 1 : -1;
    EXPECT_LE(held, 2);
    if (entry[0] == '+') order += entry[1];
  }
  EXPECT_EQ(order, "abcde");
}

Task<> produce(Log& log, BoundedQueue<int>& queue, int count) {
  for (int value = 0; value < count; ++value) {
    co_await queue.push(value);
    log.push_back("pushed " + std::to_string(value));
  }
  co_await queue.close();
}

Task<> consume(std::vector<int>& got, BoundedQueue<int>& queue, int steps) {
  while (auto value = co_await queue.pop()) {
    got.push_back(*value);
    for (int step = 0; step < steps; ++step) co_await step_aside();
  }
}

Task<> fill_and_look(Log& log, std::vector<int>& got) {
  BoundedQueue<int> queue(2);
  Group group;
  group.spawn(produce(log, queue, 5));
  for (int step = 0; step < 20; ++step) co_await step_aside();
  log.push_back("full");
  group.spawn(consume(got, queue, 0));
  co_await group.join();
}

TEST(CoroutineQueue, ProducerWaitsWhenTheQueueIsFull) {
  Log log;
  std::vector<int> got;
  run_loop(fill_and_look, log, got);
  ASSERT_GE(log.size(), 3u);
  EXPECT_EQ(log[2], "full") << "two places, two pushed";
  EXPECT_EQ(got, (std::vector<int>{0, 1, 2, 3, 4}));
}

Task<> share(std::vector<std::vector<int>>& got, std::size_t capacity) {
  Log log;
  BoundedQueue<int> queue(capacity);
  Group group;
  for (std::size_t i = 0; i < got.size(); ++i)
    group.spawn(consume(got[i], queue, static_cast<int>(i)));
  group.spawn(produce(log, queue, 100));
  co_await group.join();
}

// Closing an Asio channel drops what it holds; the end goes in band instead.
TEST(CoroutineQueue, ClosingLosesNothingAndEndsEveryConsumer) {
  for (std::size_t capacity : {0, 1, 2, 7, 200}) {
    std::vector<std::vector<int>> got(5);
    run_loop(share, got, capacity);
    std::vector<int> all;
    for (const auto& part : got)
      all.insert(all.end(), part.begin(), part.end());
    std::ranges::sort(all);
    ASSERT_EQ(all.size(), 100u) << "capacity " << capacity;
    for (int value = 0; value < 100; ++value) EXPECT_EQ(all[value], value);
  }
}

Task<bool> enter_another() {
  Loop second;
  co_return co_await wrap(step_aside());
}

TEST(Loop, ASecondOneInsideTheFirstIsRefused) {
  Loop loop;
  EXPECT_THROW(loop.run(enter_another()), std::logic_error);
}

TEST(Loop, IsLeftWhenItIsGone) {
  for (int time = 0; time < 3; ++time) EXPECT_NO_THROW(run_loop(step_aside));
}

class SessionTest : public testing::Test {
 protected:
  Item item(const std::string& path) {
    Item item;
    item.url = origin_.url(path);
    return item;
  }

  origin::Process origin_;
  Options options_;
};

Task<> fetch_all(std::vector<Item>& items, const Options& options,
                 Results& results) {
  Session session(options);
  for (std::size_t i = 0; i < items.size(); ++i)
    results[i] = co_await run_item(items[i], session);
}

TEST_F(SessionTest, OneConnectionServesItemsOneAfterTheOther) {
  std::vector<Item> items(50, item("/items/1?bytes=10"));
  Results results(items.size());
  run_loop(fetch_all, items, options_, results);
  for (const Result& result : results)
    EXPECT_EQ(result.status, Status::completed) << result.error.text;
  EXPECT_EQ(origin_.counters().connections, 1u);
}

Task<> refuse_many(const Item& item, const Options& options, bool& has_room) {
  CurlClient client(options);
  Download into;
  std::size_t refused = 0;
  while (refused <= CurlClient::most_transfers) try {
      co_await client.fetch(item, into);
      break;
    } catch (const std::runtime_error&) {
      ++refused;
    }
  EXPECT_GT(refused, CurlClient::most_transfers);
  client.cancel_all();
  has_room = client.has_room();
}

TEST_F(SessionTest, AUrlThatLibcurlRefusesLeavesNoTransferBehind) {
  Item too_long = item("/");  // libcurl takes 8,000,000 characters
  too_long.url.append(8'000'000, 'x');
  bool has_room = false;
  run_loop(refuse_many, too_long, options_, has_room);
  EXPECT_TRUE(has_room);
}

Task<> fetch_one(const Item& item, Session& session, Result& result) {
  result = co_await run_item(item, session);
}

Task<> fetch_together(std::vector<Item>& items, const Options& options,
                      Results& results) {
  Session session(options);
  Group group;
  for (std::size_t i = 0; i < items.size(); ++i)
    group.spawn(fetch_one(items[i], session, results[i]));
  co_await group.join();
}

TEST_F(SessionTest, AThousandAtOnceAndManyRefusedOrCutShort) {
  std::vector<Item> items(1000, item("/items/1?bytes=100&wait=50ms"));
  for (std::size_t i = 0; i < items.size(); i += 3) items[i] = item("/nowhere");
  for (std::size_t i = 1; i < items.size(); i += 3)
    items[i].url = "http://127.0.0.1:1/";
  Results results(items.size());
  run_loop(fetch_together, items, options_, results);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const ErrorKind expected = i % 3 == 0   ? ErrorKind::http
                               : i % 3 == 1 ? ErrorKind::refused
                                            : ErrorKind::none;
    EXPECT_EQ(results[i].error.kind, expected) << results[i].error.text;
  }
}

TEST_F(SessionTest, AServerThatTakesNoConnectionDoesNotHoldUpTheLoop) {
  const FullServer server;
  options_.timeout = std::chrono::milliseconds(100);
  std::vector<Item> items(3, item("/"));
  for (Item& each : items) each.url = server.url();
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    Results results(items.size());
    run_loop(fetch_all, items, options_, results);
    _exit(std::ranges::all_of(results,
                              [](const Result& result) {
                                return result.error.kind == ErrorKind::timeout;
                              })
              ? 0
              : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

TEST_F(SessionTest, AHostNameIsResolvedWithoutStoppingTheLoop) {
  std::vector<Item> items(1, item("/items/1?bytes=10"));
  items[0].url.replace(items[0].url.find("127.0.0.1"), 9, "localhost");
  items.push_back(items[0]);
  items[1].url = "http://no-such-host.invalid/";
  Results results(2);
  run_loop(fetch_together, items, options_, results);
  EXPECT_EQ(results[0].status, Status::completed) << results[0].error.text;
  EXPECT_EQ(results[1].error.kind, ErrorKind::dns) << results[1].error.text;
}

TEST_F(SessionTest, AProxyInTheEnvironmentIsIgnored) {
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  std::vector<Item> items(1, item("/items/1?bytes=10"));
  Results results(1);
  run_loop(fetch_all, items, options_, results);
  unsetenv("http_proxy");
  EXPECT_EQ(results[0].status, Status::completed) << results[0].error.text;
}

std::string echo(const Item&, std::string_view body) {
  return std::string(body);
}

TEST_F(SessionTest, TheSecondRequestGoesOverTheSameConnection) {
  std::vector<Item> items(20, item("/items/1?bytes=100000"));
  for (Item& each : items) {
    each.process_fn = echo;
    each.follow_up = origin_.url("/items/2");
  }
  items[3].follow_up = origin_.url("/nowhere");
  items[5].follow_up = "ftp://127.0.0.1/";
  Results results(items.size());
  run_loop(fetch_all, items, options_, results);
  EXPECT_EQ(results[3].error, (Error{ErrorKind::http, "http 404"}));
  EXPECT_EQ(results[5].error.kind, ErrorKind::scheme_denied);
  for (std::size_t i = 6; i < items.size(); ++i)
    EXPECT_EQ(results[i].status, Status::completed) << results[i].error.text;
  EXPECT_EQ(origin_.counters().requests, 39u);
  EXPECT_LE(origin_.counters().connections, 2u)
      << "a refused PUT may cost its connection, no other does";
}

TEST_F(SessionTest, SecondRequestsOverlap) {
  using namespace std::chrono_literals;
  std::vector<Item> items(100);
  for (Item& each : items) {
    each.url = each.follow_up = "sleep:";
    each.follow_up_wait = 50ms;
  }
  items[0].follow_up = origin_.url("/items/1?wait=50ms");
  Results results(items.size());
  const auto began = Clock::now();
  run_loop(fetch_together, items, options_, results);
  EXPECT_LT(Clock::now() - began, 50ms * 50);
  for (const Result& result : results) {
    EXPECT_EQ(result.status, Status::completed) << result.error.text;
    EXPECT_GE(result.finished - result.processing, 50ms);
  }
}

Task<> abort_soon(RunControl& control) {
  Timer soon(Loop::current(), std::chrono::milliseconds(50));
  co_await soon.async_wait(asio::deferred);
  control.stop = control.abort = true;
}

Task<> fetch_and_abort(std::vector<Item>& items, const Options& options,
                       Results& results) {
  Session session(options);
  Group group;
  for (std::size_t i = 0; i < items.size(); ++i)
    group.spawn(fetch_one(items[i], session, results[i]));
  group.spawn(abort_soon(*options.control));
  co_await group.join();
}

TEST_F(SessionTest, AnAbortCancelsWhatIsUnderWay) {
  using namespace std::chrono_literals;
  RunControl control;
  options_.control = &control;
  std::vector<Item> items(100, item("/items/1?wait=1m"));
  for (std::size_t i = 0; i < items.size(); i += 4) {
    items[i].url = "sleep:1m";
    items[i].wait = 1min;
    items[i + 1].url = "sleep:0";
    items[i + 1].follow_up = origin_.url("/items/1?wait=1m");
    items[i + 2].url = "sleep:0";
    items[i + 2].follow_up = "sleep:1m";
    items[i + 2].follow_up_wait = 1min;
  }
  Results results(items.size());
  const auto began = Clock::now();
  run_loop(fetch_and_abort, items, options_, results);
  EXPECT_LT(Clock::now() - began, 20s);
  for (const Result& result : results)
    EXPECT_EQ(result.error, (Error{ErrorKind::cancelled, "cancelled"}));
  EXPECT_EQ(control.ended, items.size());
}

/// Fetches together, then waits until the origin has `expected` connections
/// open, or for a while; says how many it has. The session is still there.
Task<> fetch_and_count_open(std::vector<Item>& items, const Options& options,
                            const origin::Counters& counters,
                            std::uint64_t expected, std::uint64_t& open) {
  using namespace std::chrono_literals;
  Results results(items.size());
  Session session(options);
  Group group;
  for (std::size_t i = 0; i < items.size(); ++i)
    group.spawn(fetch_one(items[i], session, results[i]));
  co_await group.join();
  Timer pause(Loop::current());
  for (int looks = 0; looks < 500 && counters.open != expected; ++looks) {
    pause.expires_after(10ms);
    co_await pause.async_wait(asio::deferred);
  }
  open = counters.open;
}

TEST_F(SessionTest, ClosesConnectionsThatNobodyWillWant) {
  RunControl control;
  options_.control = &control;
  std::vector<Item> items(3, item("/items/1?bytes=10&wait=20ms"));
  std::uint64_t open = 0;
  control.due = items.size() + 1;  // one is still to come
  run_loop(fetch_and_count_open, items, options_, origin_.counters(), 3u, open);
  EXPECT_EQ(open, 3u);
  control.due = control.began + items.size();
  run_loop(fetch_and_count_open, items, options_, origin_.counters(), 0u, open);
  EXPECT_EQ(open, 0u);
}

Task<> doze(Log& log, TimerQueue& sleepers, std::string name,
            std::chrono::milliseconds time) {
  Download slept;
  co_await sleepers.sleep(time, slept);
  log.push_back(name + " " + std::string(to_string(slept.result.status)));
}

Task<> doze_and_cancel(Log& log) {
  using namespace std::chrono_literals;
  TimerQueue sleepers;
  Group group;
  group.spawn(doze(log, sleepers, "c", 2min));
  group.spawn(doze(log, sleepers, "b", 20ms));
  group.spawn(doze(log, sleepers, "d", 3min));
  group.spawn(doze(log, sleepers, "a", 1ms));
  while (log.size() < 2) co_await step_aside();
  sleepers.cancel_all();
  co_await group.join();
}

TEST(TimerQueue, WakeInTheOrderTheyEndAndAreCutShortTogether) {
  Log log;
  run_loop(doze_and_cancel, log);
  EXPECT_EQ(log, (Log{"a completed", "b completed", "c failed", "d failed"}));
}

TEST_F(SessionTest, WithoutDescriptorsTheKindSaysSo) {
  if (under_asan)
    GTEST_SKIP() << "UBSan needs descriptors of its own to look at objects";
  std::vector<Item> items(60, item("/items/1?bytes=10&wait=50ms"));
  Results results(items.size());
  const pid_t child = fork();
  if (child == 0) {
    const rlimit few{40, 40};
    setrlimit(RLIMIT_NOFILE, &few);
    run_loop(fetch_together, items, options_, results);
    std::size_t completed = 0, refused = 0;
    for (const Result& result : results) {
      completed += result.status == Status::completed;
      refused += result.error.kind == ErrorKind::descriptors;
    }
    _exit(refused > 0 && completed + refused == items.size() ? 0 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace interleave::async
