#include "common/compute.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "common/digest.hpp"
#include "common/item.hpp"

namespace interleave {

namespace {

/// One round reads at most this much: the work stays in the first-level cache
/// and scales with cores, not with memory bandwidth.
constexpr std::size_t round_bytes = 1024;

}  // namespace

std::uint64_t compute(std::string_view body, std::uint64_t rounds) {
  const std::string_view part = body.substr(0, round_bytes);
  std::uint64_t value = part.size();
  for (std::uint64_t round = 0; round < rounds; ++round)
    value = digest(part, value);
  return value;
}

std::uint64_t rounds_for(std::chrono::nanoseconds cpu, std::size_t bytes) {
  if (cpu <= std::chrono::nanoseconds::zero()) return 0;

  // The fastest of several probes: interruptions only ever add time.
  const std::string body(std::min(bytes, round_bytes), 'x');
  constexpr std::uint64_t probe_rounds = 20'000;
  double best_ns = std::numeric_limits<double>::max();
  volatile std::uint64_t sink = 0;
  const auto deadline = Clock::now() + std::chrono::milliseconds(50);
  for (int probe = 0; probe < 3 || Clock::now() < deadline; ++probe) {
    const auto began = Clock::now();
    sink = compute(body, probe_rounds);
    const std::chrono::duration<double, std::nano> took = Clock::now() - began;
    best_ns = std::min(best_ns, took.count() / probe_rounds);
  }
  (void)sink;
  const double rounds = static_cast<double>(cpu.count()) / best_ns;
  return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(rounds + 0.5));
}

}  // namespace interleave
