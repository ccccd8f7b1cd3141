#include "bench/ideal.hpp"

#include <algorithm>
#include <functional>
#include <numeric>
#include <queue>
#include <utility>
#include <vector>

namespace interleave {

namespace {

using Time = Clock::duration;
using Times = std::vector<Time>;
using Arrivals = std::vector<std::pair<Time, Time>>;  // when, for how long

Time sum(const Times& times) {
  return std::accumulate(times.begin(), times.end(), Time::zero());
}

Time longest(const Times& times) {
  return times.empty() ? Time::zero() : *std::ranges::max_element(times);
}

Time schedule(const Arrivals& jobs, std::size_t slots) {
  // The moments at which slots become free, the earliest on top.
  std::priority_queue<Time, Times, std::greater<>> free;
  Time end{};
  for (const auto& [comes, time] : jobs) {
    Time start = comes;
    if (free.size() >= std::max<std::size_t>(slots, 1)) {
      start = std::max(start, free.top());
      free.pop();
    }
    free.push(start + time);
    end = std::max(end, start + time);
  }
  return end;
}

/// What an item takes from its start to its end, if nothing else counts.
Time time_of(const Item& item) {
  return item.wait + item.cpu + item.then_wait;
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

/// Producers that no full queue holds up, and a list schedule in the order in
/// which their items come. Delays count as waiting.
Ideal as_handed_in(Workload items, const Options& options, Time cpu,
                   unsigned cores) {
  Arrivals jobs;
  Time latest{};
  for (unsigned first = 0; first < options.producers; ++first) {
    Time at{};
    for (std::size_t i : items.share(first, options.producers)) {
      at += items[i].delay;
      jobs.emplace_back(at, time_of(items[i]));
      latest = std::max(latest, at + time_of(items[i]));
    }
  }
  std::ranges::stable_sort(jobs, {}, &Arrivals::value_type::first);
  const Time end = schedule(jobs, options.limit);
  return at_least_cpu(end, end > latest ? Bound::limit : Bound::waiting, cpu,
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
      times.push_back(time_of(items[i]));
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

/// Downloads on `limit` slots, then what follows on a worker per core: the last
/// body still has to be processed, and it may be the cheapest; a worker that
/// sends something waits for it.
Ideal in_stages(Workload items, const Options& options, Time cpu,
                unsigned cores) {
  Times waits, after;
  Time sent{};
  for (std::size_t i : items.submission_order()) {
    waits.push_back(items[i].wait);
    after.push_back(items[i].cpu + items[i].then_wait);
    sent += items[i].then_wait;
  }
  Ideal staged = on_slots(waits, options.limit, Time::zero(), cores);
  staged.time += *std::ranges::min_element(after);
  const Time second =
      *std::ranges::min_element(waits) + list_schedule(after, options.cores);
  if (sent > Time::zero() && second > staged.time)
    staged = {second, Bound::limit};
  return at_least_cpu(staged.time, staged.bound, cpu, cores);
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
  Arrivals jobs;
  for (Time time : times) jobs.emplace_back(Time::zero(), time);
  return schedule(jobs, slots);
}

std::optional<Ideal> ideal(const Cell& cell, Workload items,
                           const Options& options, unsigned cores) {
  Times times, cpus;
  bool known = false;
  for (std::size_t i : items.submission_order()) {
    cpus.push_back(items[i].cpu);
    times.push_back(time_of(items[i]));
    known |= times.back() > Time::zero() ||
             (cell.pattern->paced && items[i].delay > Time::zero());
  }
  if (!known) return std::nullopt;

  const unsigned usable = cell.usable_cores(options, cores);
  const Time cpu = sum(cpus);
  switch (cell.pattern->width) {
    case Width::one:
      return Ideal{sum(times),
                   cpu > sum(times) - cpu ? Bound::cpu : Bound::waiting};
    case Width::batch_size:
      return in_batches(items, options.batch_size, usable);
    case Width::all:
      return on_slots(times, times.size(), cpu, usable);
    case Width::limit:
      if (cell.pattern->paced) return as_handed_in(items, options, cpu, usable);
      return on_slots(times, options.limit, cpu, usable);
    case Width::stages:
      break;
  }
  return in_stages(items, options, cpu, usable);
}

}  // namespace interleave
