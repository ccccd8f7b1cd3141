#include "common/usage.hpp"

#include <algorithm>
#include <utility>

namespace interleave {

namespace {

std::chrono::nanoseconds duration(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) +
         std::chrono::microseconds(time.tv_usec);
}

std::vector<ChildUsage>& children() {
  static std::vector<ChildUsage> all;
  return all;
}

}  // namespace

CpuTime cpu_time() {
  rusage self{}, waited_for{};
  getrusage(RUSAGE_SELF, &self);
  getrusage(RUSAGE_CHILDREN, &waited_for);
  return {duration(self.ru_utime) + duration(waited_for.ru_utime),
          duration(self.ru_stime) + duration(waited_for.ru_stime)};
}

void record_child(const ChildUsage& child) {
  children().push_back(child);
}

const std::vector<ChildUsage>& recorded_children() {
  return children();
}

void forget_children() {
  children().clear();
}

SpawnFailures& spawn_failures() {
  static SpawnFailures all;
  return all;
}

std::vector<Clock::duration>& loop_lags() {
  static std::vector<Clock::duration> all;
  return all;
}

std::uint64_t peak_rss_bytes() {
  rusage self{};
  getrusage(RUSAGE_SELF, &self);
  return static_cast<std::uint64_t>(self.ru_maxrss) * 1024;
}

std::uint64_t peak_rss_bytes(const std::vector<ChildUsage>& children) {
  std::vector<std::pair<Clock::time_point, std::int64_t>> steps;
  for (const ChildUsage& child : children) {
    const auto bytes = static_cast<std::int64_t>(child.peak_rss_bytes);
    steps.emplace_back(child.began, bytes);
    steps.emplace_back(child.ended, -bytes);
  }
  std::ranges::sort(steps);
  std::int64_t held = 0, peak = 0;
  for (const auto& [at, bytes] : steps) peak = std::max(peak, held += bytes);
  return static_cast<std::uint64_t>(peak);
}

}  // namespace interleave
