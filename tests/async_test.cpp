#include <gtest/gtest.h>

#include <boost/asio/post.hpp>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "async/bounded_queue.hpp"
#include "async/group.hpp"
#include "async/loop.hpp"
#include "async/run_item.hpp"
#include "async/semaphore.hpp"
#include "async/session.hpp"
#include "bench/origin/process.hpp"

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
  co_await asio::post(Loop::here(), asio::deferred);
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

}  // namespace
}  // namespace interleave::async
