#include "bench/benchmark/waiting_memory.hpp"

#include <unistd.h>

#include <boost/asio/deferred.hpp>
#include <chrono>
#include <csignal>
#include <fstream>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "async/group.hpp"
#include "async/loop.hpp"
#include "bench/benchmark/children.hpp"

namespace interleave {

namespace {

/// In bytes, of this process.
double resident() {
  std::ifstream file("/proc/self/statm");
  double size = 0, pages = 0;
  file >> size >> pages;
  return pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

/// What is resident of a process and of no other, in bytes.
double resident_alone(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/smaps_rollup");
  double sum = 0;
  for (std::string line; std::getline(file, line);)
    if (line.starts_with("Private_"))
      sum += std::stod(line.substr(line.find(':') + 1)) * 1024;
  return sum;
}

async::Task<> wait_until(Clock::time_point end) {
  async::Timer timer(async::Loop::current(), end);
  co_await timer.async_wait(async::asio::deferred);
}

/// Returns what was resident when all of them waited.
async::Task<double> wait_together(std::size_t count) {
  async::Group group;
  const auto end = Clock::now() + std::chrono::milliseconds(200);
  for (std::size_t i = 0; i < count; ++i) group.spawn(wait_until(end));
  const double bytes = resident();
  co_await group.join();
  co_return bytes;
}

}  // namespace

Cost memory_of_threads(std::size_t count) {
  std::latch ready(static_cast<std::ptrdiff_t>(count)), over(1);
  std::vector<std::thread> waiting;
  waiting.reserve(count);
  const double before = resident();
  Cost cost = cost_of(count, [&] {
    for (std::size_t i = 0; i < count; ++i)
      waiting.emplace_back([&] {
        ready.count_down();
        over.wait();
      });
    ready.wait();
  });
  cost.bytes = resident() - before;
  over.count_down();
  for (std::thread& thread : waiting) thread.join();
  return cost;
}

Cost memory_of_processes(std::size_t count) {
  Pipe ready;
  std::vector<pid_t> children;
  Cost cost = cost_of(count, [&] {
    for (std::size_t i = 0; i < count; ++i) {
      children.push_back(fork_or_throw([&] {
        ready.put(i);
        for (;;) pause();
      }));
    }
    for (std::size_t i = 0, value = 0; i < count; ++i) ready.take(value);
  });
  for (const pid_t child : children) {
    cost.bytes += resident_alone(child);
    kill(child, SIGKILL);
    reap(child);
  }
  return cost;
}

Cost memory_of_coroutines(std::size_t count) {
  const double before = resident();
  double during = before;
  Cost cost = cost_of(count, [&] {
    async::Loop loop;
    during = loop.run(wait_together(count));
  });
  cost.bytes = during - before;
  return cost;
}

}  // namespace interleave
