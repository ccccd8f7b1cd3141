#include "bench/measure/percentiles.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace interleave {

namespace {

/// The smallest of the times that `percent` of a hundred do not exceed.
Clock::duration at_rank(const std::vector<Clock::duration>& sorted,
                        std::size_t percent) {
  const std::size_t rank = (sorted.size() * percent + 99) / 100;
  return sorted[std::max<std::size_t>(rank, 1) - 1];
}

Percentiles between(const Trace& trace, Clock::time_point Result::* from,
                    Clock::time_point Result::* to) {
  std::vector<Clock::duration> times;
  times.reserve(trace.results.size());
  for (const Result& result : trace.results)
    if (result.started != Clock::time_point{} &&
        result.*to != Clock::time_point{})
      times.push_back(result.*to - result.*from);
  return percentiles_of(std::move(times));
}

}  // namespace

Percentiles percentiles_of(std::vector<Clock::duration> times) {
  if (times.empty()) return {};
  std::ranges::sort(times);
  return {at_rank(times, 50), at_rank(times, 99), times.back()};
}

Percentiles queue_wait(const Trace& trace) {
  return between(trace, &Result::queued, &Result::started);
}

Percentiles latency(const Trace& trace) {
  return between(trace, &Result::started, &Result::finished);
}

}  // namespace interleave
