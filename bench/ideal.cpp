#include "bench/ideal.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>
#include <vector>

namespace interleave {

namespace {

using Time = Clock::duration;
using Times = std::vector<Time>;

Time sum(const Times& times) {
  return std::accumulate(times.begin(), times.end(), Time::zero());
}

Time longest(const Times& times) {
  return times.empty() ? Time::zero() : *std::ranges::max_element(times);
}

/// The longer of a bound that waiting or the limit decides, and CPU time.
Ideal at_least_cpu(Time time, Bound bound, Time cpu, unsigned cores) {
  const Time least = cpu / std::max(cores, 1u);
  return least > time ? Ideal{least, Bound::cpu} : Ideal{time, bound};
}

/// A list schedule, and whether it was the slots that made it that long.
Ideal on_slots(const Times& times, std::size_t slots, Time cpu,
               unsigned cores) {
  const Time schedule = list_schedule(times, slots);
  const bool by_limit = schedule > longest(times);
  return at_least_cpu(schedule, by_limit ? Bound::limit : Bound::waiting, cpu,
                      cores);
}

/// Every batch has its own bound; the sum is decided by the largest share.
Ideal in_batches(Workload items, std::size_t batch_size, unsigned cores) {
  Ideal whole{Time::zero(), Bound::limit};
  Time by_cpu{};
  for (Workload batch : items.batches(batch_size)) {
    Times times;
    Time cpu{};
    for (std::size_t i : batch.submission_order()) {
      times.push_back(items[i].wait + items[i].cpu);
      cpu += items[i].cpu;
    }
    const Ideal part = at_least_cpu(longest(times), Bound::limit, cpu, cores);
    whole.time += part.time;
    if (part.bound == Bound::cpu) by_cpu += part.time;
  }
  if (by_cpu > whole.time / 2) whole.bound = Bound::cpu;
  if (whole.bound == Bound::limit && items.size() <= batch_size)
    whole.bound = Bound::waiting;
  return whole;
}

}  // namespace

std::string_view to_string(Bound bound) {
  switch (bound) {
    case Bound::waiting:
      return "waiting";
    case Bound::limit:
      return "limit";
    case Bound::cpu:
      return "cpu";
  }
  return "unknown";
}

Time list_schedule(std::span<const Time> times, std::size_t slots) {
  // The moments at which slots become free, the earliest on top.
  std::priority_queue<Time, Times, std::greater<>> free;
  Time end{};
  for (Time time : times) {
    Time start{};
    if (free.size() >= std::max<std::size_t>(slots, 1)) {
      start = free.top();
      free.pop();
    }
    free.push(start + time);
    end = std::max(end, start + time);
  }
  return end;
}

std::optional<Ideal> ideal(const Cell& cell, Workload items,
                           const Options& options, unsigned cores) {
  Times waits, times, cpus;
  for (std::size_t i : items.submission_order()) {
    waits.push_back(items[i].wait);
    cpus.push_back(items[i].cpu);
    times.push_back(items[i].wait + items[i].cpu);
  }
  if (sum(times) == Time::zero()) return std::nullopt;

  const unsigned usable = cell.usable_cores(options, cores);
  const Time cpu = sum(cpus);
  switch (cell.pattern->width) {
    case Width::one:
      return Ideal{sum(times), cpu > sum(waits) ? Bound::cpu : Bound::waiting};
    case Width::batch_size:
      return in_batches(items, options.batch_size, usable);
    case Width::all:
      return on_slots(times, times.size(), cpu, usable);
    case Width::limit:
      return on_slots(times, options.limit, cpu, usable);
    case Width::stages:
      break;
  }
  // The last body still has to be processed, and it may be the cheapest.
  Ideal staged = on_slots(waits, options.limit, Time::zero(), usable);
  staged.time += *std::ranges::min_element(cpus);
  return at_least_cpu(staged.time, staged.bound, cpu, usable);
}

}  // namespace interleave
