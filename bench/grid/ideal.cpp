#include "bench/grid/ideal.hpp"

#include <algorithm>
#include <functional>
#include <map>
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

/// When each of the jobs ends that start, in this order, on the slot that is
/// free first, and none before it comes.
Times ends_of(const Arrivals& jobs, std::size_t slots) {
  // The moments at which slots become free, the earliest on top.
  std::priority_queue<Time, Times, std::greater<>> free;
  Times ends;
  for (const auto& [comes, time] : jobs) {
    Time start = comes;
    if (free.size() >= std::max<std::size_t>(slots, 1)) {
      start = std::max(start, free.top());
      free.pop();
    }
    ends.push_back(start + time);
    free.push(ends.back());
  }
  return ends;
}

/// What an item takes from its start to its end, if nothing else counts.
Time time_of(const Item& item) {
  return item.wait + item.cpu + item.follow_up_wait;
}

/// The CPU time of items that compute. No core can begin before the first of
/// them was downloaded, and after the last was computed its second request is
/// still to be waited for.
class Computing {
 public:
  /// `comes`: no earlier than that the item's download begins.
  void add(const Item& item, Time comes = {}) {
    if (item.cpu == Time::zero()) return;
    before_ = std::min(before_, comes + item.wait);
    after_ = std::min(after_, item.follow_up_wait);
    cpu_ += item.cpu;
  }

  /// `other`, or what the cores need where that is longer. Then they decide, if
  /// they are busy for most of it, and else the waiting before and after.
  Ideal at_least(Ideal other, unsigned cores) const {
    if (cpu_ == Time::zero()) return other;
    const Time busy = cpu_ / std::max(cores, 1u);
    const Time least = before_ + busy + after_;
    if (least <= other.time) return other;
    return {least,
            busy > least / 2 ? LimitingFactor::cpu : LimitingFactor::waiting};
  }

 private:
  Time before_ = Time::max(), after_ = Time::max(), cpu_{};
};

Computing computing(Workload items) {
  Computing all;
  for (std::size_t i : items.submission_order()) all.add(items[i]);
  return all;
}

Times times_of(Workload items) {
  Times times;
  for (std::size_t i : items.submission_order())
    times.push_back(time_of(items[i]));
  return times;
}

LimitingFactor limit_if(bool limited) {
  return limited ? LimitingFactor::limit : LimitingFactor::waiting;
}

/// one_by_one: one schedule is allowed, and it takes the sum.
Ideal one_at_a_time(Workload items, Time transfers) {
  Time cpu = transfers;
  for (std::size_t i : items.submission_order()) cpu += items[i].cpu;
  const Time all = sum(times_of(items));
  return {all, cpu > all - cpu ? LimitingFactor::cpu : LimitingFactor::waiting};
}

/// gather, semaphore, queue: items get a slot in submission order and keep it
/// to their end. So a list schedule is the shortest.
Ideal on_slots(Workload items, std::size_t slots, unsigned cores) {
  const Times times = times_of(items);
  const Time schedule = list_schedule(times, slots);
  return computing(items).at_least(
      {schedule, limit_if(schedule > longest(times))}, cores);
}

LimitingFactor named(ServerLimit limit) {
  switch (limit) {
    case ServerLimit::slots:
      return LimitingFactor::slots;
    case ServerLimit::contention:
      return LimitingFactor::contention;
    case ServerLimit::rate:
      return LimitingFactor::rate;
    case ServerLimit::bandwidth:
      return LimitingFactor::bandwidth;
    case ServerLimit::none:
      break;
  }
  return LimitingFactor::waiting;
}

/// `other`, or what the server needs where that is longer.
Ideal at_least(Ideal other, const ServerReplay* server, Workload some,
               std::size_t width, bool whole) {
  if (!server) return other;
  const auto [time, limit] = server->bound(some, width, whole);
  if (time <= other.time) return other;
  return {time, limit == ServerLimit::none ? other.bound : named(limit)};
}

/// batches: none starts before the batch before it has ended, so bounds add up;
/// the sum is decided by whatever has more than half of it.
Ideal in_batches(Workload items, std::size_t batch_size, unsigned cores,
                 const ServerReplay* server) {
  const LimitingFactor own = limit_if(items.size() > batch_size);
  Ideal whole{Time::zero(), own};
  std::map<LimitingFactor, Time> by;
  for (Workload batch : items.batches(batch_size)) {
    const Ideal part = at_least(
        computing(batch).at_least({longest(times_of(batch)), own}, cores),
        server, batch, batch_size, false);
    whole.time += part.time;
    by[part.bound] += part.time;
  }
  for (const auto& [bound, time] : by)
    if (time > whole.time / 2 && bound != LimitingFactor::waiting)
      whole.bound = bound;
  return whole;
}

/// pipeline: downloads are those of a queue, in submission order, and what
/// follows one comes after it. Bodies are processed in the order in which they
/// come, which depends on timing, or in any (oneTBB): so the bound of the
/// second stage, with a worker per core that computes and then waits for what
/// it sends, holds for every order. A full queue of bodies only delays.
Ideal in_stages(Workload items, const Options& options, unsigned cores) {
  Arrivals downloads;
  Times after, times;
  Time first = Time::max(), cpu{}, sent{};
  for (std::size_t i : items.submission_order()) {
    const Item& item = items[i];
    downloads.emplace_back(Time::zero(), item.wait);
    after.push_back(item.cpu + item.follow_up_wait);
    times.push_back(time_of(item));
    first = std::min(first, item.wait);
    cpu += item.cpu;
    sent += item.follow_up_wait;
  }
  Times ends = ends_of(downloads, options.limit);
  for (std::size_t i = 0; i < ends.size(); ++i) ends[i] += after[i];
  Ideal staged{longest(ends), limit_if(longest(ends) > longest(times))};
  const Time second = any_order(after, options.cores);
  if (first + second > staged.time)
    staged = {first + second, second <= first ? LimitingFactor::waiting
                              : cpu > sent    ? LimitingFactor::cpu
                                              : LimitingFactor::limit};
  return computing(items).at_least(staged, cores);
}

/// producers: each hands its own items in in submission order, none before its
/// delays are over, and so they are taken; whose item comes first, timing
/// decides. So a list schedule holds for the items of one producer alone, and
/// for those of several what holds in any order: that of all of them, and the
/// work that comes from some moment on, shared by the workers. A full queue
/// only delays.
Ideal as_handed_in(Workload items, const Options& options, unsigned cores) {
  Arrivals jobs;
  Times times;
  Computing cpu;
  Time bound{}, latest{};
  const unsigned producers = std::max(options.producers, 1u);
  for (unsigned first = 0; first < producers; ++first) {
    Arrivals own;
    Time at{};
    for (std::size_t i : items.share(first, producers)) {
      at += items[i].delay;
      own.emplace_back(at, time_of(items[i]));
      times.push_back(time_of(items[i]));
      latest = std::max(latest, at + times.back());
      cpu.add(items[i], at);
    }
    bound = std::max(bound, longest(ends_of(own, options.limit)));
    jobs.insert(jobs.end(), own.begin(), own.end());
  }
  std::ranges::sort(jobs, std::greater<>());
  bound = std::max(bound, jobs.back().first + any_order(times, options.limit));
  Time left{};
  for (const auto& [comes, time] : jobs) {
    left += time;
    bound = std::max(bound, comes + left / std::max(options.limit, 1u));
  }
  return cpu.at_least({bound, limit_if(bound > latest)}, cores);
}

/// Whether a lower limit would be faster; one that moves may be that.
bool overloads(const Cell& cell, std::size_t width,
               const ServerReplay* server) {
  return server && cell.pattern->width != ConcurrencyCap::limit_max &&
         server->overloaded(width);
}

}  // namespace

std::string_view to_string(LimitingFactor bound) {
  switch (bound) {
    case LimitingFactor::waiting:
      return "waiting";
    case LimitingFactor::limit:
      return "limit";
    case LimitingFactor::cpu:
      return "cpu";
    case LimitingFactor::slots:
      return "slots";
    case LimitingFactor::contention:
      return "contention";
    case LimitingFactor::rate:
      return "rate";
    case LimitingFactor::bandwidth:
      return "bandwidth";
    case LimitingFactor::overload:
      return "overload";
  }
  return "unknown";
}

Options granted(const Cell& cell, Options options, std::size_t refused) {
  // Of a pipeline's two crews it may be the other one that is smaller. None
  // is ever without a worker.
  if (cell.pattern->width == ConcurrencyCap::stages)
    refused -= std::min<std::size_t>(refused, options.cores - 1);
  options.limit -=
      static_cast<unsigned>(std::min<std::size_t>(refused, options.limit - 1));
  return options;
}

Time list_schedule(std::span<const Time> times, std::size_t slots) {
  Arrivals jobs;
  for (Time time : times) jobs.emplace_back(Time::zero(), time);
  return longest(ends_of(jobs, slots));
}

Time any_order(std::vector<Time> times, std::size_t slots) {
  slots = std::max<std::size_t>(slots, 1);
  std::ranges::sort(times, std::greater<>());
  Time least = sum(times) / static_cast<std::int64_t>(slots);
  Times sums{Time::zero()};
  for (Time time : times) sums.push_back(sums.back() + time);
  for (std::size_t last = 0; last < times.size(); last += slots) {
    const std::size_t more = last / slots;  // as short ones, on the same slot
    least = std::max(least, sums[last + 1] - sums[last - more]);
  }
  return least;
}

std::optional<Ideal> ideal(const Cell& cell, Workload items,
                           const Options& options, unsigned cores,
                           Time transfers, const ServerReplay* server) {
  std::vector<Item> alone;
  if (server) items = Workload(alone = server->alone());
  bool known = server != nullptr;
  for (std::size_t i : items.submission_order())
    known |= time_of(items[i]) > Time::zero() ||
             (cell.pattern->paced && items[i].delay > Time::zero());
  if (!known) return std::nullopt;

  const unsigned usable = cell.usable_cores(options, cores);
  const auto by_pattern = [&] {
    switch (cell.pattern->width) {
      case ConcurrencyCap::one:
        return one_at_a_time(items, transfers);
      case ConcurrencyCap::batch_size:
        return in_batches(items, options.batch_size, usable, server);
      case ConcurrencyCap::all:
        return on_slots(items, items.size(), usable);
      case ConcurrencyCap::limit:
        if (cell.pattern->paced) return as_handed_in(items, options, usable);
        return on_slots(items, options.limit, usable);
      case ConcurrencyCap::limit_max:
        return on_slots(items, options.limit_max, usable);
      case ConcurrencyCap::stages:
        break;
    }
    return in_stages(items, options, usable);
  };
  const std::size_t width = cell.width(items.size(), options);
  Ideal least = at_least(by_pattern(), server, items, width, true);
  const Time busy = transfers / std::max(usable, 1u);
  if (busy > least.time) least = {busy, LimitingFactor::cpu};
  if (overloads(cell, width, server)) least.bound = LimitingFactor::overload;
  if (least.time == Time::zero()) return std::nullopt;
  return least;
}

}  // namespace interleave
