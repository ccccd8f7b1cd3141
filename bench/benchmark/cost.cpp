#include "bench/benchmark/cost.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <exception>

#include "bench/measure/fresh_child.hpp"
#include "common/exit_status.hpp"

namespace interleave {

namespace {

constexpr int longest_ms = 60'000;

/// What the child says, if it says something in time.
Cost read_report(int report) {
  Cost cost;
  pollfd wait{report, POLLIN, 0};
  int ready = 0;
  while ((ready = poll(&wait, 1, longest_ms)) < 0 && errno == EINTR) {
  }
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
  FreshChild child([&](int report) {
    Cost cost;
    try {
      cost = measure();
    } catch (const std::exception& error) {
      fmt::print(stderr, "interleave-bench: {}\n", error.what());
      throw;
    }
    if (write(report, &cost, sizeof cost) != sizeof cost) _exit(1);
  });
  const Cost cost = read_report(child.report());
  if (cost.count == 0) child.kill();
  const int status = child.wait();
  if (status != 0 || cost.count == 0)
    throw InfrastructureError("the process that measures " +
                              how_it_ended(status));
  return cost;
}

}  // namespace interleave
