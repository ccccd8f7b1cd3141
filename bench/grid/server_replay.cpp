#include "bench/grid/server_replay.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <queue>
#include <utility>

namespace interleave {

namespace {

using Time = Clock::duration;

/// So little that nobody would choose a higher limit for it.
constexpr double as_good = 1.02;

/// A client without any time of its own, on a server in virtual time.
class Replay {
 public:
  Replay(std::span<const Item> items, const Capacity& server, std::size_t limit)
      : items_(items),
        machine_(server, items.size()),
        attempts_(items.size()),
        free_(std::max<std::size_t>(limit, 1)) {}

  /// When the last item ends.
  Time run() {
    while (true) {
      for (; free_ > 0 && next_ < items_.size(); --free_)
        events_.emplace(now_, next_++);
      const auto server = machine_.next();
      if (server && (events_.empty() || *server <= events_.top().first)) {
        take_replies(*server);
      } else if (!events_.empty()) {
        const auto [at, what] = events_.top();
        events_.pop();
        now_ = at;
        if (what < items_.size())
          ask(what);
        else
          ++free_;
      } else {
        return last_;
      }
    }
  }

 private:
  // At some moment an item asks, or (with a number above those) is done.
  using Event = std::pair<Time, std::size_t>;

  void take_replies(Time now) {
    now_ = now;
    while (const auto done = machine_.depart(now)) {
      const Item& item = items_[*done];
      const Time ends = now + item.cpu + item.follow_up_wait;
      events_.emplace(ends, items_.size() + *done);
      last_ = std::max(last_, ends);
    }
  }

  void ask(std::size_t i) {
    constexpr std::size_t most_attempts = 10'000;  // then it is given up
    const Item& item = items_[i];
    const auto answer = machine_.arrive(
        now_, i, item.wait, item.expected ? item.expected->bytes : 0);
    if (answer.status == 0) return;
    const Time pause = answer.retry_after > Time::zero()
                           ? answer.retry_after
                           : std::max<Time>(item.wait, Time(1'000'000));
    if (++attempts_[i] < most_attempts)
      events_.emplace(now_ + pause, i);
    else
      events_.emplace(now_, items_.size() + i);
  }

  std::span<const Item> items_;
  CapacityMachine machine_;
  std::priority_queue<Event, std::vector<Event>, std::greater<>> events_;
  std::vector<std::size_t> attempts_;
  std::size_t free_, next_ = 0;
  Time now_{}, last_{};
};

/// Whether `time` is hardly longer than `shortest`.
bool is_as_good(Time time, Time shortest) {
  return static_cast<double>(time.count()) <=
         as_good * static_cast<double>(shortest.count());
}

}  // namespace

ServerReplay::ServerReplay(std::span<const Item> items, const Capacity& server)
    : items_(items), server_(server) {}

Time ServerReplay::time(std::size_t limit) const {
  const auto known = times_.find(limit);
  if (known != times_.end()) return known->second;
  return times_[limit] = Replay(items_, server_, limit).run();
}

BestLimit ServerReplay::best(std::size_t most) const {
  most =
      std::clamp<std::size_t>(most, 1, std::max<std::size_t>(items_.size(), 1));
  std::vector<std::size_t> limits;
  for (std::size_t limit = 1; limit < most;
       limit += std::max<std::size_t>(1, limit / 10 * (limit >= 16)))
    limits.push_back(limit);
  limits.push_back(most);
  Time shortest = Time::max();
  for (const std::size_t limit : limits)
    shortest = std::min(shortest, time(limit));
  const auto good = [&](std::size_t limit) {
    return is_as_good(time(limit), shortest);
  };
  const auto found = std::ranges::find_if(limits, good);
  std::size_t low = found == limits.begin() ? 0 : *(found - 1), high = *found;
  while (high - low > 1) {
    const std::size_t middle = low + (high - low) / 2;
    (good(middle) ? high : low) = middle;
  }
  return {high, time(high)};
}

bool ServerReplay::overloaded(std::size_t limit) const {
  const BestLimit lower = best(limit);
  return lower.limit < limit && !is_as_good(time(limit), lower.time);
}

}  // namespace interleave
