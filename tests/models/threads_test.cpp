#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "threads/bounded_queue.hpp"
#include "threads/group.hpp"

namespace interleave::threads {
namespace {

using namespace std::chrono_literals;

TEST(ThreadGroup, JoinsEveryTask) {
  std::atomic<int> done = 0;
  Group group;
  for (int i = 0; i < 100; ++i) group.spawn([&] { ++done; });
  group.join();
  EXPECT_EQ(done, 100);
}

TEST(ThreadGroup, RethrowsTheFirstErrorAfterAllHaveEnded) {
  std::atomic<int> done = 0;
  Group group;
  group.spawn([] { throw std::runtime_error("first"); });
  std::this_thread::sleep_for(20ms);
  group.spawn([&] {
    std::this_thread::sleep_for(50ms);
    ++done;
    throw std::runtime_error("second");
  });
  try {
    group.join();
    FAIL() << "join did not throw";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "first");
  }
  EXPECT_EQ(done, 1);
  group.join();  // the error was reported, once
}

TEST(ThreadGroup, TheDestructorWaits) {
  std::atomic<bool> done = false;
  {
    Group group;
    group.spawn([&] {
      std::this_thread::sleep_for(50ms);
      done = true;
    });
  }
  EXPECT_TRUE(done);
}

void drain(BoundedQueue<int>& inbox) {
  while (inbox.pop()) {
  }
}

TEST(ThreadGroup, ACrewThatIsAbandonedDoesNotWaitForItems) {
  BoundedQueue<int> inbox(1);
  try {
    Group crew;
    crew.spawn(3, drain, inbox);
    throw std::runtime_error("set-up failed");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(inbox.pop(), std::nullopt) << "closed";
}

TEST(BoundedQueue, HandsOutInOrderAndThenNothing) {
  BoundedQueue<int> queue(3);
  for (int value : {1, 2, 3}) queue.push(value);
  queue.close();
  for (int value : {1, 2, 3}) EXPECT_EQ(queue.pop(), value);
  EXPECT_EQ(queue.pop(), std::nullopt);
  EXPECT_EQ(queue.pop(), std::nullopt);
}

TEST(BoundedQueue, ProducerWaitsWhenTheQueueIsFull) {
  BoundedQueue<int> queue(2);
  std::atomic<int> pushed = 0;
  std::thread producer([&] {
    for (int value = 0; value < 5; ++value) {
      queue.push(value);
      ++pushed;
    }
  });
  while (pushed < 2) std::this_thread::yield();
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(pushed, 2);
  EXPECT_EQ(queue.pop(), 0);
  while (pushed < 3) std::this_thread::yield();
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(pushed, 3);
  for (int value = 1; value < 5; ++value) EXPECT_EQ(queue.pop(), value);
  producer.join();
}

TEST(BoundedQueue, ClosingWakesEveryConsumer) {
  BoundedQueue<int> queue(1);
  std::atomic<int> woken = 0;
  std::vector<std::thread> consumers;
  for (int i = 0; i < 4; ++i)
    consumers.emplace_back([&] {
      EXPECT_EQ(queue.pop(), std::nullopt);
      ++woken;
    });
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(woken, 0);
  queue.close();
  for (std::thread& consumer : consumers) consumer.join();
  EXPECT_EQ(woken, 4);
}

TEST(BoundedQueue, LosesAndDoublesNothingUnderContention) {
  constexpr int producers = 4, each = 5000;
  BoundedQueue<int> queue(3);
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::multiset<int> got;
  for (int c = 0; c < 4; ++c)
    threads.emplace_back([&] {
      while (auto value = queue.pop()) {
        const std::lock_guard lock(mutex);
        got.insert(*value);
      }
    });
  {
    std::vector<std::jthread> makers;
    for (int p = 0; p < producers; ++p)
      makers.emplace_back([&, p] {
        for (int i = 0; i < each; ++i) queue.push(p * each + i);
      });
  }
  queue.close();
  for (std::thread& thread : threads) thread.join();
  ASSERT_EQ(got.size(), std::size_t{producers * each});
  EXPECT_EQ(std::set<int>(got.begin(), got.end()).size(), got.size());
}

static void take_one_and_die(BoundedQueue<int>& inbox) {
  inbox.pop();
  throw std::runtime_error("dead");
}

TEST(Group, ACrewWhoseLastWorkerDiedKeepsNobodyWaiting) {
  BoundedQueue<int> inbox(1);
  Group workers;
  workers.spawn(3, take_one_and_die, inbox);
  for (int i = 0; i < 100; ++i) inbox.push(i);  // would block with three taken
  inbox.close();
  EXPECT_THROW(workers.join(), std::runtime_error);
}

TEST(BoundedQueue, AtLeastOnePlace) {
  BoundedQueue<int> queue(0);
  queue.push(7);
  EXPECT_EQ(queue.pop(), 7);
}

}  // namespace
}  // namespace interleave::threads
