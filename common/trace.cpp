#include "common/trace.hpp"

#include <algorithm>
#include <numeric>

#include "common/digest.hpp"

namespace interleave {

namespace {

using Stamp = Clock::time_point Result::*;

bool has(const Result& result, Stamp stamp) {
  return result.*stamp != Clock::time_point{};
}

/// Most intervals [from, to) open at once. One that ends when another begins
/// does not overlap it.
std::size_t peak_between(const Results& results, Stamp from, Stamp to) {
  std::vector<std::pair<Clock::time_point, int>> steps;
  steps.reserve(2 * results.size());
  for (const Result& result : results) {
    if (!has(result, from) || !has(result, to)) continue;
    steps.emplace_back(result.*from, +1);
    steps.emplace_back(result.*to, -1);
  }
  std::ranges::sort(steps);  // at one moment, -1 sorts before +1
  std::ptrdiff_t open = 0, peak = 0;
  for (const auto& [at, step] : steps) peak = std::max(peak, open += step);
  return static_cast<std::size_t>(peak);
}

/// Counts inversions by merging: O(n log n), a run may have a million items.
std::uint64_t count_inversions(std::vector<std::size_t>& order,
                               std::vector<std::size_t>& scratch,
                               std::size_t first, std::size_t last) {
  if (last - first < 2) return 0;
  const std::size_t middle = first + (last - first) / 2;
  std::uint64_t inversions = count_inversions(order, scratch, first, middle) +
                             count_inversions(order, scratch, middle, last);
  std::size_t left = first, right = middle, out = first;
  while (left < middle || right < last) {
    const bool take_left =
        right == last || (left < middle && order[left] <= order[right]);
    if (!take_left) inversions += middle - left;
    scratch[out++] = order[take_left ? left++ : right++];
  }
  std::copy(scratch.begin() + static_cast<std::ptrdiff_t>(first),
            scratch.begin() + static_cast<std::ptrdiff_t>(last),
            order.begin() + static_cast<std::ptrdiff_t>(first));
  return inversions;
}

}  // namespace

Tally count_outcomes(const Trace& trace) {
  Tally tally;
  for (const Result& result : trace.results) {
    switch (result.status) {
      case Status::completed:
        ++tally.completed;
        break;
      case Status::failed:
        ++tally.failed;
        break;
      case Status::skipped:
        ++tally.skipped;
        break;
      case Status::lost:
        ++tally.lost;
        break;
      case Status::not_run:
        ++tally.not_run;
        break;
    }
  }
  return tally;
}

Clock::duration wall(const Trace& trace) {
  return trace.ended - trace.began;
}

Clock::duration makespan(const Trace& trace) {
  auto first = Clock::time_point::max(), last = Clock::time_point::min();
  for (const Result& result : trace.results) {
    if (!has(result, &Result::started)) continue;
    first = std::min(first, result.started);
    last = std::max(last, result.finished);
  }
  return last < first ? Clock::duration::zero() : last - first;
}

Clock::duration overhead(const Trace& trace) {
  return wall(trace) - makespan(trace);
}

Clock::duration total_item_time(const Trace& trace) {
  Clock::duration sum{};
  for (const Result& result : trace.results) {
    if (!has(result, &Result::started)) continue;
    sum += result.downloaded - result.started;
    if (has(result, &Result::processing))
      sum += result.finished - result.processing;
  }
  return sum;
}

std::size_t peak_in_flight(const Trace& trace) {
  return peak_between(trace.results, &Result::started, &Result::downloaded);
}

std::size_t peak_held(const Trace& trace) {
  return peak_between(trace.results, &Result::started, &Result::finished);
}

std::vector<std::size_t> completion_order(const Trace& trace) {
  std::vector<std::size_t> order;
  order.reserve(trace.results.size());
  for (std::size_t i = 0; i < trace.results.size(); ++i)
    if (has(trace.results[i], &Result::started)) order.push_back(i);
  std::ranges::stable_sort(
      order, {}, [&](std::size_t i) { return trace.results[i].finished; });
  return order;
}

std::uint64_t overtakes(const Trace& trace) {
  std::vector<std::size_t> order = completion_order(trace);
  std::vector<std::size_t> scratch(order.size());
  return count_inversions(order, scratch, 0, order.size());
}

std::uint64_t total_bytes(const Trace& trace) {
  std::uint64_t sum = 0;
  for (const Result& result : trace.results)
    if (result.status == Status::completed) sum += result.bytes;
  return sum;
}

std::uint64_t combined_digest(const Trace& trace) {
  std::uint64_t combined = 0;
  for (const Result& result : trace.results) {
    const std::uint64_t fields[] = {static_cast<std::uint64_t>(result.status),
                                    result.bytes, result.digest,
                                    digest(result.output)};
    combined = digest({reinterpret_cast<const char*>(fields), sizeof fields},
                      combined);
  }
  return combined;
}

std::vector<Event> events(const Trace& trace) {
  using What = Event::What;
  std::vector<Event> all;
  all.reserve(4 * trace.results.size());
  for (std::size_t i = 0; i < trace.results.size(); ++i) {
    const Result& result = trace.results[i];
    if (has(result, &Result::queued))
      all.push_back({What::queued, i, result.queued, {}});
    if (!has(result, &Result::started)) continue;
    all.push_back({What::started, i, result.started, result.downloaded_on});
    if (result.status != Status::lost) {
      all.push_back(
          {What::downloaded, i, result.downloaded, result.downloaded_on});
      all.push_back({What::finished, i, result.finished, result.processed_on});
    }
  }
  std::ranges::stable_sort(all, {}, &Event::at);
  return all;
}

}  // namespace interleave
