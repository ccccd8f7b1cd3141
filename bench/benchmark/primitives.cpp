#include "bench/benchmark/primitives.hpp"

#include <array>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "async/bounded_queue.hpp"
#include "async/group.hpp"
#include "async/loop.hpp"
#include "async/semaphore.hpp"
#include "bench/benchmark/children.hpp"
#include "bench/benchmark/waiting_memory.hpp"
#include "processes/bounded_queue.hpp"
#include "processes/group.hpp"
#include "processes/semaphore.hpp"
#include "threads/bounded_queue.hpp"
#include "threads/model.hpp"
#ifdef INTERLEAVE_ONETBB
#include "threads/onetbb/model.hpp"
#endif

namespace interleave {

namespace {

constexpr std::size_t places = 8;  // of every queue, as in a cell

/// Keeps the compiler from leaving out what nobody looks at.
template <class Value>
void keep(const Value& value) {
  asm volatile("" : : "g"(&value) : "memory");
}

// ---- to start one, and to join it ------------------------------------------

Cost start_threads(std::size_t count) {
  return cost_of(count, [&] {
    for (std::size_t i = 0; i < count; ++i) std::thread([] {}).join();
  });
}

Cost start_processes(std::size_t count) {
  return cost_of(count, [&] {
    for (std::size_t i = 0; i < count; ++i) {
      reap(fork_or_throw([] {}));
    }
  });
}

async::Task<> nothing() {
  co_return;
}

async::Task<int> start_each(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    async::Group group;
    group.spawn(nothing());
    co_await group.join();
  }
  co_return 0;
}

/// Enters the loop, and measures `task` in it.
Cost on_loop(std::size_t count, async::Task<int> (*task)(std::size_t)) {
  return cost_of(count, [&] {
    async::Loop loop;
    loop.run(task(count));
  });
}

Cost start_coroutines(std::size_t count) {
  return on_loop(count, start_each);
}

#ifdef INTERLEAVE_ONETBB
Cost start_onetbb_tasks(std::size_t count) {
  onetbb::Group group(1);
  group.spawn([] {});  // its thread is there from now on
  group.join();
  return cost_of(count, [&] {
    for (std::size_t i = 0; i < count; ++i) {
      group.spawn([] {});
      group.join();
    }
  });
}
#endif

// ---- to switch from one to another -----------------------------------------

/// Two threads of which one sleeps until it is its turn. A condition variable,
/// because std::atomic::wait yields for a while and so may never sleep.
class Turns {
 public:
  /// Each pass wakes the other thread, and is one switch.
  void take(std::size_t own, std::size_t passes) {
    for (std::size_t i = 0; i < passes; ++i) {
      {
        std::unique_lock lock(mutex_);
        changed_[own].wait(lock, [&] { return turn_ == own; });
        turn_ = 1 - own;
      }
      changed_[1 - own].notify_one();
    }
  }

 private:
  std::mutex mutex_;  // guards turn_
  std::size_t turn_ = 0;
  std::array<std::condition_variable, 2> changed_;
};

Cost switch_threads(std::size_t count) {
  return cost_of(count, [&] {
    Turns turns;
    std::thread other([&] { turns.take(1, count / 2); });
    turns.take(0, count / 2);
    other.join();
  });
}

// A child's CPU time counts once it has been waited for: so that its half is
// in the cost, it is forked and waited for inside.

Cost switch_processes(std::size_t count) {
  return cost_of(count, [&] {
    Pipe there, back;
    std::size_t value = 0;
    const pid_t child = fork_or_throw([&] {
      there.close_writing();
      while (there.take(value)) back.put(value);
    });
    for (std::size_t i = 0; i < count / 2; ++i) {
      there.put(i);
      back.take(value);
    }
    there.close_writing();
    reap(child);
  });
}

async::Task<> give_way(std::size_t times) {
  for (std::size_t i = 0; i < times; ++i)
    co_await async::asio::post(async::Loop::current(), async::asio::deferred);
}

async::Task<int> two_give_way(std::size_t count) {
  async::Group group;
  group.spawn(give_way(count / 2));
  group.spawn(give_way(count / 2));
  co_await group.join();
  co_return 0;
}

Cost switch_coroutines(std::size_t count) {
  return on_loop(count, two_give_way);
}

// ---- to hand one item through a queue --------------------------------------

Cost queue_of_threads(std::size_t count) {
  return cost_of(count, [&] {
    threads::BoundedQueue<std::size_t> inbox(places);
    std::thread consumer([&] {
      while (const auto i = inbox.pop()) keep(*i);
    });
    for (std::size_t i = 0; i < count; ++i) inbox.push(i);
    inbox.close();
    consumer.join();
  });
}

#ifdef INTERLEAVE_ONETBB
Cost queue_of_onetbb(std::size_t count) {
  return cost_of(count, [&] {
    onetbb::BoundedQueue<std::size_t> inbox(places);
    std::thread consumer([&] {
      std::size_t i = 0;
      for (inbox.pop(i); i < count; inbox.pop(i)) keep(i);
    });
    for (std::size_t i = 0; i <= count; ++i) inbox.push(i);
    consumer.join();
  });
}
#endif

async::Task<> consume(async::BoundedQueue<std::size_t>& inbox) {
  while (const auto i = co_await inbox.pop()) keep(*i);
}

async::Task<int> hand_through(std::size_t count) {
  async::BoundedQueue<std::size_t> inbox(places);
  async::Group group;
  group.spawn(consume(inbox));
  for (std::size_t i = 0; i < count; ++i) co_await inbox.push(i);
  co_await inbox.close();
  co_await group.join();
  co_return 0;
}

Cost queue_of_coroutines(std::size_t count) {
  return on_loop(count, hand_through);
}

void answer(processes::Channel& parent) {
  while (const auto job = parent.receive()) {
    Result result;
    result.status = Status::completed;
    parent.send(job->i, std::move(result));
  }
}

Cost queue_of_processes(std::size_t count) {
  const std::vector<Item> items(count);
  Results results(count);
  const Options options;
  return cost_of(count, [&] {
    processes::Group group(Workload(items), results, options);
    processes::BoundedQueue inbox(places, group);
    group.spawn(1, inbox, answer);
    for (std::size_t i = 0; i < count; ++i) inbox.push(i);
    inbox.close();
    group.join();
  });
}

Cost through_a_pipe(std::size_t count) {
  return cost_of(count, [&] {
    Pipe pipe;
    const pid_t child = fork_or_throw([&] {
      pipe.close_writing();
      for (std::size_t i = 0; pipe.take(i);) keep(i);
    });
    for (std::size_t i = 0; i < count; ++i) pipe.put(i);
    pipe.close_writing();
    reap(child);
  });
}

// ---- to take a permit and give it back -------------------------------------

Cost permits_of_threads(std::size_t count) {
  return cost_of(count, [&] {
    threads::Semaphore permits(1);
    for (std::size_t i = 0; i < count; ++i) {
      permits.acquire();
      permits.release();
    }
  });
}

async::Task<int> take_permits(std::size_t count) {
  async::Semaphore permits(1);
  for (std::size_t i = 0; i < count; ++i) {
    co_await permits.acquire();
    permits.release();
  }
  co_return 0;
}

Cost permits_of_coroutines(std::size_t count) {
  return on_loop(count, take_permits);
}

Cost permits_of_processes(std::size_t count) {
  Results none;
  const Options options;
  processes::Group group(Workload(std::span<const Item>()), none, options);
  return cost_of(count, [&] {
    processes::Semaphore permits(1, group);
    for (std::size_t i = 0; i < count; ++i) {
      permits.acquire();
      keep(permits);
      permits.release();
    }
  });
}

// ---- the suite's own -------------------------------------------------------

Cost stamp(std::size_t count) {
  return cost_of(count, [&] {
    for (std::size_t i = 0; i < count; ++i) keep(Clock::now());
  });
}

constexpr std::array all_primitives{
    Primitive{"stamp", "one stamp of the trace", 1'000'000, stamp},
    Primitive{"start/coroutine", "start a coroutine, wait for its end", 100'000,
              start_coroutines},
#ifdef INTERLEAVE_ONETBB
    Primitive{"start/onetbb", "hand a task to oneTBB, wait for its end", 5'000,
              start_onetbb_tasks},
#endif
    Primitive{"start/thread", "start a thread, join it", 2'000, start_threads},
    Primitive{"start/process", "fork a process, wait for its end", 200,
              start_processes},
    Primitive{"switch/coroutine", "from a coroutine to the next", 1'000'000,
              switch_coroutines},
    Primitive{"switch/thread", "wake a thread, sleep", 20'000, switch_threads},
    Primitive{"switch/process", "wake a process through a pipe, sleep", 20'000,
              switch_processes},
    Primitive{"queue/coroutine", "an item through a channel", 500'000,
              queue_of_coroutines},
    Primitive{"queue/thread", "an item through a bounded queue", 100'000,
              queue_of_threads},
#ifdef INTERLEAVE_ONETBB
    Primitive{"queue/onetbb", "an item through oneTBB's bounded queue", 100'000,
              queue_of_onetbb},
#endif
    Primitive{"queue/pipe", "8 bytes through a pipe", 100'000, through_a_pipe},
    Primitive{"queue/process", "an item to a worker, its result back", 10'000,
              queue_of_processes},
    Primitive{"permit/coroutine", "take a free permit, give it back", 500'000,
              permits_of_coroutines},
    Primitive{"permit/thread", "take a free permit, give it back", 5'000'000,
              permits_of_threads},
    Primitive{"permit/process", "take a free permit, give it back", 5'000'000,
              permits_of_processes},
    Primitive{"memory/coroutine", "a coroutine that waits", 10'000,
              memory_of_coroutines},
    Primitive{"memory/thread", "a thread that waits, its kernel part not", 200,
              memory_of_threads},
    Primitive{"memory/process", "a process that waits, its kernel part not", 50,
              memory_of_processes},
};

}  // namespace

std::span<const Primitive> primitives() {
  return all_primitives;
}

}  // namespace interleave
