// What a primitive is said to cost, beside what the kernel counted of every
// process that took part, and beside a bare program of the same operation.

#include <gtest/gtest.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>
#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "bench/benchmark/primitives.hpp"
#include "common/usage.hpp"

namespace interleave {

static void PrintTo(const Primitive* primitive, std::ostream* out) {
  *out << primitive->name;
}

namespace {

using namespace std::chrono_literals;
using Seconds = std::chrono::duration<double>;

/// What a process and all it waited for took, as the kernel counted.
struct Whole {
  Seconds cpu{};
  long sleeps = 0;  ///< how often one of them gave up its core by itself
};

/// Runs `work` in a child of its own.
Whole whole_of(const std::function<void()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    work();
    _exit(0);
  }
  int status = 0;
  rusage usage{};
  wait4(child, &status, 0, &usage);
  EXPECT_EQ(status, 0);
  const auto time = [](const timeval& one) {
    return std::chrono::seconds(one.tv_sec) +
           std::chrono::microseconds(one.tv_usec);
  };
  return {time(usage.ru_utime) + time(usage.ru_stime), usage.ru_nvcsw};
}

/// What `measure` says, and what the kernel says, of one batch.
std::pair<Cost, Whole> both(const std::function<Cost()>& measure) {
  std::array<int, 2> ends;
  EXPECT_EQ(pipe(ends.data()), 0);
  const Whole whole = whole_of([&] {
    const Cost cost = measure();
    const bool alone = waitpid(-1, nullptr, WNOHANG) < 0;  // none is left
    _exit(alone && write(ends[1], &cost, sizeof cost) == sizeof cost ? 0 : 1);
  });
  close(ends[1]);  // or a child that died would be waited for
  Cost cost{};
  EXPECT_EQ(read(ends[0], &cost, sizeof cost), ssize_t{sizeof cost});
  close(ends[0]);
  return {cost, whole};
}

Seconds cpu_of(const Cost& cost) {
  return cost.cpu.user + cost.cpu.system;
}

std::pair<Cost, Whole> both(const Primitive& primitive) {
  return both([&] { return primitive.measure(primitive.count); });
}

class APrimitive : public testing::TestWithParam<const Primitive*> {};

// Of a process that answers through a pipe, only the other half was counted.
TEST_P(APrimitive, CountsTheCpuOfEveryPartyToIt) {
  const auto [cost, whole] = both(*GetParam());
  EXPECT_GE(cpu_of(cost) + 5ms, 0.8 * whole.cpu);
  EXPECT_LE(cpu_of(cost), whole.cpu + 1ms);
  EXPECT_EQ(cost.count, GetParam()->count);
}

std::vector<const Primitive*> of_times() {
  std::vector<const Primitive*> found;
  for (const Primitive& primitive : primitives())
    if (!primitive.name.starts_with("memory/")) found.push_back(&primitive);
  return found;
}

INSTANTIATE_TEST_SUITE_P(, APrimitive, testing::ValuesIn(of_times()),
                         [](const auto& each) {
                           std::string name(each.param->name);
                           std::ranges::replace(name, '/', '_');
                           return name;
                         });

const Primitive& primitive(std::string_view name) {
  return *std::ranges::find(primitives(), name, &Primitive::name);
}

TEST(Switches, AreThoseOfTasksThatSleep) {
  for (const char* name : {"switch/thread", "switch/process"}) {
    const Primitive& switching = primitive(name);
    const auto [cost, whole] = both(switching);
    // A sleeper that is woken may also take the core from whoever woke it.
    EXPECT_GE(whole.sleeps, static_cast<long>(cost.count / 4)) << name;
  }
}

// ---- bare programs of the same operations ----------------------------------

void read_the_clock(std::size_t count) {
  timespec now{};
  for (std::size_t i = 0; i < count; ++i) clock_gettime(CLOCK_MONOTONIC, &now);
}

void start_threads(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    pthread_t thread{};
    pthread_create(
        &thread, nullptr, [](void*) -> void* { return nullptr; }, nullptr);
    pthread_join(thread, nullptr);
  }
}

void start_processes(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    const pid_t child = fork();
    if (child == 0) _exit(0);
    waitpid(child, nullptr, 0);
  }
}

struct PingPong {
  std::array<sem_t, 2> turns;
  std::size_t passes;

  void play(std::size_t own) {
    for (std::size_t i = 0; i < passes; ++i) {
      while (sem_wait(&turns[own]) != 0) {
      }
      sem_post(&turns[1 - own]);
    }
  }
};

void switch_threads(std::size_t count) {
  PingPong game{{}, count / 2};
  sem_init(&game.turns[0], 0, 1);
  sem_init(&game.turns[1], 0, 0);
  pthread_t other{};
  pthread_create(
      &other, nullptr,
      [](void* shared) -> void* {
        static_cast<PingPong*>(shared)->play(1);
        return nullptr;
      },
      &game);
  game.play(0);
  pthread_join(other, nullptr);
}

void switch_processes(std::size_t count) {
  std::array<int, 2> there, back;
  if (pipe(there.data()) != 0 || pipe(back.data()) != 0) _exit(1);
  const pid_t child = fork();
  const int in = child == 0 ? there[0] : back[0];
  const int out = child == 0 ? back[1] : there[1];
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count / 2; ++i) {
    if (child != 0 && write(out, &value, sizeof value) < 0) _exit(1);
    if (read(in, &value, sizeof value) < 0) _exit(1);
    if (child == 0 && write(out, &value, sizeof value) < 0) _exit(1);
  }
  if (child == 0) _exit(0);
  waitpid(child, nullptr, 0);
}

void through_a_pipe(std::size_t count) {
  std::array<int, 2> ends;
  if (pipe(ends.data()) != 0) _exit(1);
  const pid_t child = fork();
  std::uint64_t value = 0;
  if (child == 0) {
    close(ends[1]);
    while (read(ends[0], &value, sizeof value) > 0) {
    }
    _exit(0);
  }
  for (std::size_t i = 0; i < count; ++i)
    if (write(ends[1], &value, sizeof value) < 0) _exit(1);
  close(ends[1]);
  waitpid(child, nullptr, 0);
}

struct Bare {
  const char* primitive;
  void (*run)(std::size_t count);
};

void PrintTo(const Bare& bare, std::ostream* out) {
  *out << bare.primitive;
}

class BareProgram : public testing::TestWithParam<Bare> {};

/// On one core, where each pass is a switch, whatever else runs.
void stay_on_one_core() {
  cpu_set_t all, one;
  sched_getaffinity(0, sizeof all, &all);
  CPU_ZERO(&one);
  for (int core = 0; core < CPU_SETSIZE; ++core)
    if (CPU_ISSET(core, &all)) {
      CPU_SET(core, &one);
      break;
    }
  sched_setaffinity(0, sizeof one, &one);
}

// Half of it, or twice as much, would mean that something else is measured.
TEST_P(BareProgram, TakesAboutWhatThePrimitiveIsSaidToTake) {
  const Primitive& same = primitive(GetParam().primitive);
  const std::size_t count = same.count;
  std::vector<double> ratios;
  for (int round = 0; round < 5; ++round) {
    const Whole bare = whole_of([&] {
      stay_on_one_core();
      GetParam().run(count);
    });
    const Cost cost = both([&] {
                        stay_on_one_core();
                        return same.measure(count);
                      }).first;
    ratios.push_back(cpu_of(cost) / bare.cpu);
  }
  std::ranges::sort(ratios);
  EXPECT_GT(ratios[2], 0.67);
  EXPECT_LT(ratios[2], 1.5);
}

INSTANTIATE_TEST_SUITE_P(, BareProgram,
                         testing::Values(Bare{"stamp", read_the_clock},
                                         Bare{"start/thread", start_threads},
                                         Bare{"start/process", start_processes},
                                         Bare{"switch/thread", switch_threads},
                                         Bare{"switch/process",
                                              switch_processes},
                                         Bare{"queue/pipe", through_a_pipe}),
                         [](const auto& each) {
                           std::string name(each.param.primitive);
                           std::ranges::replace(name, '/', '_');
                           return name;
                         });

}  // namespace
}  // namespace interleave
