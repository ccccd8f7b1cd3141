#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iterator>
#include <new>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "common/usage.hpp"
#include "processes/model.hpp"

namespace interleave::processes {
namespace {

using namespace std::chrono_literals;

const Options options;
const std::vector<Item> items(1000);
const Workload all(items);

/// A result that says who made it.
Result made_here(std::size_t i) {
  Result result;
  result.status = Status::completed;
  result.bytes = i;
  result.downloaded_on = this_lane();
  return result;
}

/// A worker that answers every job, and does `before` first.
template <class Before>
Task worker(Before before) {
  return [before](Channel& parent) {
    while (auto job = parent.receive()) {
      before(job->i);
      parent.send(job->i, made_here(job->i));
    }
  };
}

/// The children of this process, the dead that wait for burial included.
std::vector<pid_t> children() {
  std::ifstream list("/proc/self/task/" + std::to_string(getpid()) +
                     "/children");
  return {std::istream_iterator<pid_t>(list), {}};
}

bool no_child_is_left() {
  return waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD;
}

TEST(ProcessGroup, ResultsComeBackToTheirSlots) {
  Results results(20);
  Group group(all, results, options);
  for (std::size_t i = 0; i < results.size(); ++i)
    group.spawn(i, [](std::size_t own, Channel& parent) {
      parent.send(own, made_here(own));
    });
  group.join();
  for (std::size_t i = 0; i < results.size(); ++i) {
    EXPECT_EQ(results[i].status, Status::completed);
    EXPECT_EQ(results[i].bytes, i);
    EXPECT_NE(results[i].downloaded_on.process, getpid());
  }
  EXPECT_TRUE(no_child_is_left());
}

TEST(ProcessGroup, AKilledChildCostsItsItemAndSaysHow) {
  Results results(3);
  Group group(all, results, options);
  for (std::size_t i = 0; i < 3; ++i)
    group.spawn(i, [](std::size_t own, Channel& parent) {
      if (own == 1) raise(SIGKILL);
      parent.send(own, made_here(own));
    });
  group.join();
  EXPECT_EQ(results[0].status, Status::completed);
  EXPECT_EQ(results[2].status, Status::completed);
  EXPECT_EQ(results[1].status, Status::lost);
  EXPECT_EQ(results[1].error.kind, ErrorKind::worker);
  EXPECT_TRUE(results[1].error.text.ends_with(" was ended by SIGKILL"))
      << results[1].error.text;
}

TEST(ProcessGroup, ALostItemIsCountedAndStopsTheRunIfAsked) {
  RunControl control;
  Options stopping;
  stopping.control = &control;
  stopping.on_error = OnError::stop;
  Results results(1);
  Group group(all, results, stopping);
  group.spawn(0, [](std::size_t, Channel&) { raise(SIGKILL); });
  group.join();
  EXPECT_EQ(control.ended, 1u);
  EXPECT_TRUE(control.stop);
}

TEST(ProcessGroup, AChildThatThrowsIsLostWithItsItemOnly) {
  Results results(2);
  Group group(all, results, options);
  group.spawn(0,
              [](std::size_t, Channel&) { throw std::runtime_error("boom"); });
  group.spawn(
      1, [](std::size_t, Channel& parent) { parent.send(1, made_here(1)); });
  group.join();
  EXPECT_EQ(results[0].status, Status::lost);
  EXPECT_EQ(results[1].status, Status::completed);
}

TEST(ProcessGroup, AKilledWorkerIsReplacedOnceAndNothingElseIsLost) {
  Results results(20);
  Group workers(all, results, options);
  BoundedQueue inbox(2, workers);
  workers.spawn(2, inbox, worker([](std::size_t i) {
                  if (i == 5 || i == 9) raise(SIGSEGV);
                }));
  for (std::size_t i = 0; i < results.size(); ++i) inbox.push(i);
  inbox.close();
  workers.join();
  for (std::size_t i = 0; i < results.size(); ++i)
    EXPECT_EQ(results[i].status,
              i == 5 || i == 9 ? Status::lost : Status::completed)
        << i;
  EXPECT_TRUE(no_child_is_left());
}

/// Returns once process `pid` has ended, whether or not it is buried.
void wait_for_the_end_of(pid_t pid) {
  siginfo_t ignored;
  waitid(P_PID, static_cast<id_t>(pid), &ignored, WEXITED | WNOWAIT);
}

TEST(ProcessGroup, AWorkerKilledWithNothingToDoCostsNoItem) {
  Results results(20);
  Group workers(all, results, options);
  BoundedQueue inbox(2, workers);
  workers.spawn(2, inbox, worker([](std::size_t) {}));
  const pid_t killed = children().at(0);
  kill(killed, SIGKILL);
  wait_for_the_end_of(killed);  // of which the group has not heard yet
  for (std::size_t i = 0; i < results.size(); ++i) inbox.push(i);
  inbox.close();
  workers.join();
  for (const Result& result : results)
    EXPECT_EQ(result.status, Status::completed);
}

TEST(ProcessGroup, WithNoWorkerLeftEveryItemIsLostAndNothingHangs) {
  Results results(10);
  Group workers(all, results, options);
  BoundedQueue inbox(1, workers);
  workers.spawn(2, inbox, worker([](std::size_t) { raise(SIGKILL); }));
  for (std::size_t i = 0; i < results.size(); ++i) inbox.push(i);
  inbox.close();
  workers.join();
  for (const Result& result : results) EXPECT_EQ(result.status, Status::lost);
}

/// Hands in every `step`-th item; killed before the item `fatal`, by whoever
/// still has to hand it in, `times` times.
ItemTask producer(std::size_t count, std::size_t step, std::size_t fatal,
                  std::atomic<int>& times) {
  return [=, &times](std::size_t first, Channel& parent) {
    for (std::size_t i = first; i < count; i += step) {
      if (i == fatal && times-- > 0) raise(SIGKILL);
      parent.push(i);
    }
  };
}

Results produce_twenty(int deaths) {
  void* shared = mmap(nullptr, sizeof(std::atomic<int>), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  auto& times = *new (shared) std::atomic<int>(deaths);
  Results results(20);
  Group group(all, results, options);
  BoundedQueue inbox(2, group);
  group.spawn(3, inbox, worker([](std::size_t) {}));
  group.spawn_producers(2, inbox, producer(20, 2, 11, times));
  group.join();
  EXPECT_TRUE(no_child_is_left());
  munmap(shared, sizeof(std::atomic<int>));
  return results;
}

TEST(ProcessProducers, HandEveryItemInAndSayWhen) {
  for (const Result& result : produce_twenty(0)) {
    EXPECT_EQ(result.status, Status::completed);
    EXPECT_NE(result.queued, Clock::time_point());
  }
}

TEST(ProcessProducers, AKilledOneIsReplacedAndNoItemIsLost) {
  for (const Result& result : produce_twenty(1))
    EXPECT_EQ(result.status, Status::completed);
}

TEST(ProcessProducers, WhatNobodyIsLeftToHandInIsLost) {
  const Results results = produce_twenty(2);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const bool lost = i >= 11 && i % 2 == 1;
    EXPECT_EQ(results[i].status, lost ? Status::lost : Status::completed) << i;
  }
  EXPECT_NE(results[11].error.text.find("producer process"), std::string::npos);
}

TEST(ProcessProducers, GoOnAsSoonAsOnePlaceIsFree) {
  constexpr std::size_t places = 4, count = 12;
  void* shared =
      mmap(nullptr, sizeof(std::atomic<std::size_t>), PROT_READ | PROT_WRITE,
           MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  auto& taken_up = *new (shared) std::atomic<std::size_t>(0);
  Results results(count);
  Group group(all, results, options);
  BoundedQueue inbox(places, group);
  // The worker's, those in the queue, and one in the producer's hand.
  group.spawn(1, inbox, [&](Channel& parent) {
    while (const auto job = parent.receive()) {
      const std::size_t wanted = std::min(count, job->i + places + 2);
      for (int looks = 0; taken_up < wanted && looks < 20'000; ++looks)
        std::this_thread::sleep_for(1ms);
      Result result = made_here(job->i);
      result.bytes = taken_up - wanted;
      parent.send(job->i, std::move(result));
    }
  });
  group.spawn_producers(1, inbox, [&](std::size_t first, Channel& parent) {
    for (std::size_t i = first; i < count; ++i) {
      ++taken_up;
      parent.push(i);
    }
  });
  group.join();
  for (const Result& result : results) EXPECT_EQ(result.bytes, 0u);
  munmap(shared, sizeof(std::atomic<std::size_t>));
}

/// Memory that children share.
struct Shared {
  Shared()
      : control(*new(mmap(nullptr, sizeof(RunControl), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0)) RunControl) {}
  ~Shared() { munmap(&control, sizeof(RunControl)); }
  RunControl& control;
};

TEST(ProcessGroup, AnItemIsCountedOnceThoughItsWorkerDiesAfterProcessing) {
  Shared shared;
  Options watched;
  watched.control = &shared.control;
  Results results(6);
  Group group(all, results, watched);
  for (std::size_t i = 0; i < results.size(); ++i)
    group.spawn(i, [&](std::size_t own, Channel& parent) {
      Item item;
      item.url = "sleep:0";
      Session session(watched);
      Result result = run_item(item, session);
      if (own % 2 == 0) raise(SIGKILL);  // between the outcome and its sending
      parent.send(own, std::move(result));
    });
  group.join();
  EXPECT_EQ(shared.control.ended, 6u);
  for (std::size_t i = 0; i < results.size(); ++i)
    EXPECT_EQ(results[i].status, i % 2 ? Status::completed : Status::lost);
}

TEST(ProcessGroup, AWorkerThatHangsIsKilledAndReplacedOnce) {
  Options hurried;
  hurried.timeout = 50ms;
  hurried.grace = 200ms;
  Results results(8);
  Group workers(all, results, hurried);
  BoundedQueue inbox(2, workers);
  workers.spawn(2, inbox, worker([](std::size_t i) {
                  if (i == 2) raise(SIGSTOP);
                  while (i == 5) pause();
                }));
  for (std::size_t i = 0; i < results.size(); ++i) inbox.push(i);
  inbox.close();
  workers.join();
  for (std::size_t i = 0; i < results.size(); ++i)
    EXPECT_EQ(results[i].status,
              i == 2 || i == 5 ? Status::lost : Status::completed)
        << i;
  EXPECT_NE(results[2].error.text.find("did not answer"), std::string::npos);
  EXPECT_TRUE(no_child_is_left());
}

TEST(ProcessGroup, AChildThatDoesNotEndAfterItsResultIsKilledForNothing) {
  Options hurried;
  hurried.grace = 200ms;
  Results results(2);
  Group group(all, results, hurried);
  for (std::size_t i = 0; i < results.size(); ++i)
    group.spawn(i, [](std::size_t own, Channel& parent) {
      parent.send(own, made_here(own));
      raise(SIGSTOP);
    });
  group.join();
  for (const Result& result : results)
    EXPECT_EQ(result.status, Status::completed);
}

TEST(ProcessProducers, OneThatHangsIsReplaced) {
  Options hurried;
  hurried.grace = 200ms;
  Results results(10);
  Group group(all, results, hurried);
  BoundedQueue inbox(2, group);
  group.spawn(2, inbox, worker([](std::size_t) {}));
  group.spawn_producers(1, inbox, [](std::size_t first, Channel& parent) {
    for (std::size_t i = first; i < 10; ++i) {
      if (first == 0 && i == 4) raise(SIGSTOP);
      parent.push(i);
    }
  });
  group.join();
  for (const Result& result : results)
    EXPECT_EQ(result.status, Status::completed);
}

TEST(ProcessGroup, ADamagedFrameEndsItsSenderNotTheRun) {
  Results results(2);
  Group group(all, results, options);
  group.spawn(0, [](std::size_t, Channel&) {
    // The channel is the only descriptor above the standard ones.
    for (int descriptor = 3; descriptor < 256; ++descriptor)
      send(descriptor, "this is no frame at all.", 24, MSG_NOSIGNAL);
    pause();
  });
  group.spawn(
      1, [](std::size_t, Channel& parent) { parent.send(1, made_here(1)); });
  group.join();
  EXPECT_EQ(results[0].status, Status::lost);
  EXPECT_EQ(results[1].status, Status::completed);
}

TEST(ProcessGroup, AResultOfAnotherItemIsNotBelieved) {
  Results results(2);
  Group group(all, results, options);
  group.spawn(
      0, [](std::size_t, Channel& parent) { parent.send(1, made_here(1)); });
  group.join();
  EXPECT_EQ(results[0].status, Status::lost);
  EXPECT_EQ(results[1].status, Status::not_run);
}

TEST(ProcessGroup, TheDestructorLeavesNoChild) {
  Results results(1);
  {
    Group group(all, results, options);
    group.spawn(0, [](std::size_t, Channel&) { pause(); });
  }
  EXPECT_TRUE(no_child_is_left());
}

// A child forked while a sibling ends holds a copy of its socket for a moment.
// Closing the parent's end did not take it out of epoll then, and the event
// that followed named memory that was gone.
TEST(ProcessGroup, AChildThatEndsWhileOthersAreForkedIsForgotten) {
  Results results(300);
  Group group(all, results, options);
  for (std::size_t i = 0; i < results.size(); ++i)
    group.spawn(i, [](std::size_t own, Channel& parent) {
      parent.send(own, made_here(own));
    });
  group.join();
  for (const Result& result : results)
    EXPECT_EQ(result.status, Status::completed);
}

TEST(ProcessQueue, BodiesPassThroughTwoStages) {
  Results results(50);
  Group workers(all, results, options);
  BoundedQueue inbox(2, workers), bodies(2, workers);
  workers.spawn(3, inbox, bodies, [](Channel& parent) {
    while (auto job = parent.receive()) {
      Download download(made_here(job->i));
      download.body.assign(300'000, 'x');  // more than a socket holds
      parent.send(job->i, std::move(download));
    }
  });
  workers.spawn(2, bodies, [](Channel& parent) {
    while (auto body = parent.receive()) {
      std::this_thread::sleep_for(1ms);  // slower: the downloaders must wait
      body->download.result.digest = body->download.body.size();
      parent.send(body->i, body->download.result);
    }
  });
  for (std::size_t i = 0; i < results.size(); ++i) inbox.push(i);
  inbox.close();
  workers.join();
  for (std::size_t i = 0; i < results.size(); ++i) {
    EXPECT_EQ(results[i].status, Status::completed);
    EXPECT_EQ(results[i].bytes, i);
    EXPECT_EQ(results[i].digest, 300'000u);
  }
}

TEST(ProcessGroup, ARealTimeSignalHasNoNameButANumber) {
  Results results(1);
  Group group(all, results, options);
  group.spawn(0, [](std::size_t, Channel&) { raise(SIGRTMIN); });
  group.join();
  EXPECT_EQ(results[0].status, Status::lost);
  EXPECT_NE(results[0].error.text.find("signal "), std::string::npos);
}

/// Returns once process `pid` has ended and its parent has seen to that.
void wait_for_the_burial_of(pid_t pid) {
  while (kill(pid, 0) == 0) std::this_thread::sleep_for(1ms);
}

TEST(ProcessQueue, ABodyOutlivesTheWorkerThatDownloadedIt) {
  Results results(6);
  Group workers(all, results, options);
  BoundedQueue inbox(1, workers), bodies(1, workers);
  workers.spawn(1, inbox, bodies, [](Channel& parent) {
    while (auto job = parent.receive()) {
      parent.send(job->i, made_here(job->i));
      if (job->i == 3) raise(SIGKILL);  // after it was handed over
    }
  });
  workers.spawn(1, bodies, [](Channel& parent) {
    while (auto body = parent.receive()) {
      // By now 2 is in the queue and 3 finds no place. Nobody takes one out,
      // and nothing new is given to the downloader, before that is gone.
      if (body->i == 1)
        wait_for_the_burial_of(body->download.result.downloaded_on.process);
      parent.send(body->i, body->download.result);
    }
  });
  for (std::size_t i = 0; i < results.size(); ++i) inbox.push(i);
  inbox.close();
  workers.join();
  for (std::size_t i = 0; i < results.size(); ++i)
    EXPECT_EQ(results[i].status, Status::completed) << i;
}

TEST(ProcessSemaphore, AreGivenBackByAKilledChildToo) {
  Results results(6);
  Group group(all, results, options);
  Semaphore permits(1, group);
  for (std::size_t i = 0; i < results.size(); ++i) {
    permits.acquire();
    group.spawn(
        i,
        [](std::size_t own, Channel& parent) {
          if (own % 2) raise(SIGKILL);
          parent.send(own, made_here(own));
        },
        [&] { permits.release(); });
  }
  group.join();
  for (std::size_t i = 0; i < results.size(); ++i)
    EXPECT_EQ(results[i].status, i % 2 ? Status::lost : Status::completed);
}

// Once the parent forked the children of the next items while it waited.
TEST(ProcessSemaphore, AChildIsForkedWhenThereIsAPermitForItsItem) {
  const std::size_t before = recorded_children().size();
  Results results(12);
  Group group(all, results, options);
  Semaphore permits(3, group);
  for (std::size_t i = 0; i < results.size(); ++i) {
    permits.acquire();
    EXPECT_EQ(recorded_children().size() - before + children().size(), i);
    group.spawn(
        i,
        [](std::size_t own, Channel& parent) {
          std::this_thread::sleep_for(50ms);
          parent.send(own, made_here(own));
        },
        [&] { permits.release(); });
  }
  group.join();
  for (std::size_t i = 0; i < results.size(); ++i)
    EXPECT_EQ(results[i].bytes, i);
  EXPECT_EQ(recorded_children().size(), before + results.size());
}

TEST(Usage, SumsTheMemoryOfChildrenThatLivedAtOneTime) {
  const auto at = [](int s) {
    return Clock::time_point(std::chrono::seconds(s));
  };
  EXPECT_EQ(
      peak_rss_bytes(
          {{at(0), at(10), 100}, {at(5), at(15), 30}, {at(10), at(20), 200}}),
      230u);
  EXPECT_EQ(peak_rss_bytes(std::vector<ChildUsage>{}), 0u);
}

TEST(Usage, EveryChildIsRecorded) {
  const std::size_t before = recorded_children().size();
  Results results(3);
  Group group(all, results, options);
  for (std::size_t i = 0; i < 3; ++i)
    group.spawn(i, [](std::size_t own, Channel& parent) {
      parent.send(own, made_here(own));
    });
  group.join();
  ASSERT_EQ(recorded_children().size(), before + 3);
  EXPECT_GT(recorded_children().back().peak_rss_bytes, 100'000u);
}

}  // namespace
}  // namespace interleave::processes
