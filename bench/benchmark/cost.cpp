#include "bench/benchmark/cost.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <exception>

#include "bench/measure/measure.hpp"
#include "common/child_process.hpp"
#include "common/ending.hpp"

namespace interleave {

namespace {

constexpr int longest_ms = 60'000;

void measure_and_report(const std::function<Cost()>& measure, int report) {
  Cost cost;
  try {
    cost = measure();
  } catch (const std::exception& error) {
    fmt::print(stderr, "interleave-bench: {}\n", error.what());
    throw;
  }
  if (write(report, &cost, sizeof cost) != sizeof cost) _exit(1);
}

/// What the child said, if it said something in time.
Cost read_report(int report, pid_t child) {
  Cost cost;
  pollfd wait{report, POLLIN, 0};
  int ready = 0;
  while ((ready = poll(&wait, 1, longest_ms)) < 0 && errno == EINTR) {
  }
  if (ready == 0) kill(child, SIGKILL);
  if (ready <= 0 || read(report, &cost, sizeof cost) != sizeof cost)
    cost.count = 0;
  return cost;
}

}  // namespace

Cost cost_of(std::size_t count, const std::function<void()>& batch) {
  Cost cost;
  const CpuTime cpu = cpu_time();
  const Clock::time_point began = Clock::now();
  batch();
  cost.wall = Clock::now() - began;
  cost.cpu = cpu_time() - cpu;
  cost.count = count;
  return cost;
}

Cost in_fresh_child(const std::function<Cost()>& measure) {
  // What is free here is not in the memory of the child.
  malloc_trim(0);
  std::array<int, 2> ends;
  if (pipe2(ends.data(), O_CLOEXEC) != 0)
    throw InfrastructureError(
        fmt::format("cannot measure: pipe: {}", std::strerror(errno)));
  const pid_t child = fork_child([&] { measure_and_report(measure, ends[1]); });
  const int error = errno;
  close(ends[1]);
  Cost cost;
  if (child > 0) cost = read_report(ends[0], child);
  close(ends[0]);
  if (child < 0)
    throw InfrastructureError(
        fmt::format("cannot measure: fork: {}", std::strerror(error)));
  const int status = reap(child);
  if (status != 0 || cost.count == 0)
    throw InfrastructureError("the process that measures " +
                              how_it_ended(status));
  return cost;
}

}  // namespace interleave
