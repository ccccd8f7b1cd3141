#include "common/compute.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <string>

#include "common/digest.hpp"
#include "common/item.hpp"

namespace interleave {

namespace {

/// One round reads at most this much: the work stays in the first-level cache
/// and scales with cores, not with memory bandwidth.
constexpr std::size_t round_bytes = 1024;

std::chrono::nanoseconds thread_cpu_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) +
         std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

std::uint64_t compute(std::string_view body, std::uint64_t rounds) {
  const std::string_view part = body.substr(0, round_bytes);
  std::uint64_t value = part.size();
  for (std::uint64_t round = 0; round < rounds; ++round)
    value = digest(part, value);
  return value;
}

Nanoseconds round_cost(std::size_t bytes) {
  // On the thread's own clock, which stands still while others have the core,
  // and the fastest of several probes: interruptions only ever add time.
  const std::string body(std::min(bytes, round_bytes), 'x');
  constexpr std::uint64_t probe_rounds = 20'000;
  Nanoseconds best = Nanoseconds::max();
  volatile std::uint64_t sink = 0;
  const auto deadline = Clock::now() + std::chrono::milliseconds(50);
  for (int probe = 0; probe < 3 || Clock::now() < deadline; ++probe) {
    const std::chrono::nanoseconds began = thread_cpu_time();
    sink = compute(body, probe_rounds);
    const Nanoseconds took = thread_cpu_time() - began;
    best = std::min(best, took / probe_rounds);
  }
  (void)sink;
  return best;
}

std::uint64_t rounds_for(std::chrono::nanoseconds cpu, Nanoseconds round) {
  if (cpu <= std::chrono::nanoseconds::zero()) return 0;
  return std::max<std::uint64_t>(
      1, static_cast<std::uint64_t>(std::llround(cpu / round)));
}

}  // namespace interleave
