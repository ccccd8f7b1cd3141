#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>
#include <span>
#include <tuple>
#include <utility>

#include "bench/grid/ideal.hpp"
#include "bench/grid/server_replay.hpp"

// Bounds of what a server with a capacity needs, for every client.

namespace interleave {

namespace {

using Time = Clock::duration;
using Times = std::vector<Time>;

std::uint64_t bytes_of(const Item& item) {
  return item.expected ? item.expected->bytes : 0;
}

/// Whether its second request goes to the server, too.
bool asks_twice(const Item& item) {
  return !item.follow_up.empty() && !is_sleep_url(item.follow_up);
}

Time scaled(Time time, double factor) {
  return Time(static_cast<Time::rep>(
      std::floor(static_cast<double>(time.count()) * factor)));
}

struct ToServer {
  Time wait;
  std::uint64_t bytes;
};

/// All that go to the server: an item's own, and its second one.
std::vector<ToServer> requests_of(std::span<const Item> items, Workload some) {
  std::vector<ToServer> requests;
  for (std::size_t i : some.submission_order()) {
    requests.push_back({items[i].wait, bytes_of(items[i])});
    if (asks_twice(items[i])) requests.push_back({items[i].follow_up_wait, 0});
  }
  return requests;
}

/// A server before or after its step.
struct State {
  double slots, knee, exponent, bandwidth, rate;  // infinity: unlimited

  /// So many of `width` that are asked for are in service at once.
  double at_once(double width) const { return std::min(width, slots); }
  /// Service times that pass in a moment, with the best number in service.
  double speed(double width) const {
    const double most = at_once(width);
    if (most <= knee) return most;
    return exponent >= 1 ? knee : most * std::pow(knee / most, exponent);
  }
};

constexpr double unlimited = std::numeric_limits<double>::infinity();

double or_unlimited(double value) {
  return value > 0 ? value : unlimited;
}

/// The server's two states; the same one twice where there is no step.
std::pair<State, State> states_of(const Capacity& server) {
  const State first{or_unlimited(server.slots), or_unlimited(server.knee),
                    server.exponent, or_unlimited(server.bandwidth),
                    or_unlimited(server.rate)};
  State second = first;
  if (server.then) {
    if (server.then->slots) second.slots = or_unlimited(*server.then->slots);
    if (server.then->knee) second.knee = or_unlimited(*server.then->knee);
    if (server.then->rate) second.rate = or_unlimited(*server.then->rate);
    if (server.then->bandwidth)
      second.bandwidth = or_unlimited(*server.then->bandwidth);
  }
  return {first, second};
}

/// Of the factors of service times, the least that the `n`th to begin can have:
/// between 0 and all of those before it are served, but for the `at_once` that
/// are in service with it.
class Factors {
 public:
  Factors(const Capacity& server, std::uint64_t replies, double at_once)
      : factor_(server.cold.factor), cold_(server.cold.replies.of(replies)) {
    if (!server.then || !server.then->slower) return;
    slower_ = *server.then->slower;
    slower_from_ = static_cast<double>(server.then->after.of(replies));
    if (slower_ > 1) slower_from_ += at_once - 1;
  }
  double of(std::uint64_t n) const {
    double factor = static_cast<double>(n) >= slower_from_ ? slower_ : 1;
    if (n < cold_)
      factor *= 1 + (factor_ - 1) * (1 - static_cast<double>(n) /
                                             static_cast<double>(cold_));
    return factor;
  }

 private:
  double factor_;
  std::uint64_t cold_;
  double slower_ = 1, slower_from_ = unlimited;
};

double sum(std::span<const double> pieces) {
  return std::accumulate(pieces.begin(), pieces.end(), 0.0);
}

/// What work of at least `all` takes, done at up to `first` a moment until
/// `after` pieces are done and at up to `second` from then on; of what size a
/// piece is at least, `pieces` says. Where the second is slower, only the
/// smallest are left for it: those that are not done, nor among the `open` that
/// are under way. Where it is faster, the smallest were done before.
double phased(double all, std::vector<double> pieces, double first,
              double second, double after, double open) {
  if (first == second) return all / first;
  std::ranges::sort(pieces);
  const auto count = static_cast<double>(pieces.size());
  const double few =
      std::clamp(first > second ? count - after - open : after, 0.0, count);
  const double part =
      sum(std::span(pieces).first(static_cast<std::size_t>(few)));
  return first > second ? (all - part) / first + part / second
                        : part / first + (all - part) / second;
}

Time floored(double ns) {
  return Time(static_cast<Time::rep>(std::floor(ns)));
}

/// Requests come no faster than their tokens: the longest one first is best,
/// and what comes from some moment on is shared by those at once.
Time by_rate(Times times, Time token, unsigned burst, double at_once) {
  std::ranges::sort(times, std::greater<>());
  Time bound{}, left{};
  for (std::size_t k = times.size(); k-- > 0;) {
    const auto tokens = static_cast<Time::rep>(k >= burst ? k - burst + 1 : 0);
    left += times[k];  // the shortest are left
    bound = std::max({bound, tokens * token + times[k],
                      tokens * token + scaled(left, 1 / at_once)});
  }
  return bound;
}

/// What a request takes at least: its service time, and its bytes.
Time alone(const Capacity& server, Time wait, std::uint64_t bytes) {
  const double slower =
      server.then ? std::min(server.then->slower.value_or(1), 1.0) : 1;
  const auto [first, second] = states_of(server);
  const double bandwidth =
      std::min(or_unlimited(server.connection_bandwidth),
               std::max(first.bandwidth, second.bandwidth));
  return scaled(wait, slower) +
         floored(static_cast<double>(bytes) / bandwidth * 1e9);
}

/// Some requests, and what the server needs for them: a bound for each of its
/// limits.
class Needs {
 public:
  /// `whole`: these are all of a run, of `replies`. Of a part it is not known
  /// on which side of the step it falls, nor how cold the server is.
  Needs(const Capacity& server, std::vector<ToServer> requests,
        std::size_t width, std::uint64_t replies, bool whole)
      : server_(server),
        whole_(whole),
        wide_(static_cast<double>(std::min(width, requests.size()))) {
    std::tie(first_, second_) = states_of(server);
    slots_ = both(first_.at_once(wide_), second_.at_once(wide_));
    after_ = server.then ? static_cast<double>(server.then->after.of(replies))
                         : static_cast<double>(requests.size());
    add(std::move(requests), replies);
  }

  ServerReplay::Bound most() const {
    ServerReplay::Bound most;
    for (const auto& [time, limit] :
         {std::pair(slots(), slots_limit()),
          std::pair(contention(), ServerLimit::contention),
          std::pair(bandwidth(), ServerLimit::bandwidth),
          std::pair(rate(), ServerLimit::rate)})
      if (time > most.time) most = {time, limit};
    return most;
  }

 private:
  using Speeds = std::pair<double, double>;  // before the step, and after

  Speeds both(double before, double after) const {
    return whole_ ? Speeds(before, after)
                  : Speeds(std::max(before, after), std::max(before, after));
  }
  /// `all` work, in such `pieces` or larger.
  Time at(Speeds speeds, double all, const std::vector<double>& pieces) const {
    return floored(
        phased(all, pieces, speeds.first, speeds.second, after_, slots_.first));
  }

  /// Long service times with low factors are the least in all.
  void add(std::vector<ToServer> requests, std::uint64_t replies) {
    std::vector<double> factors(requests.size(), 1);
    const Factors known(server_, replies,
                        std::max(slots_.first, slots_.second));
    if (whole_)
      for (std::size_t n = 0; n < factors.size(); ++n) factors[n] = known.of(n);
    std::ranges::sort(factors, std::greater<>());
    std::ranges::sort(requests, {}, &ToServer::wait);
    for (std::size_t n = 0; n < requests.size(); ++n) {
      const auto& [wait, bytes] = requests[n];
      const Time own = alone(server_, wait, bytes);
      const Time service = alone(server_, wait, 0);
      const Time now = whole_ ? scaled(wait, factors[n]) : service;
      all_served_ += static_cast<double>(now.count());
      all_held_ += static_cast<double>((now + own - service).count());
      served_.push_back(static_cast<double>(service.count()));
      held_.push_back(static_cast<double>(own.count()));
      bytes_.push_back(static_cast<double>(bytes));
      times_.push_back(own);
    }
    least_ = alone(server_, requests.front().wait, 0);
  }

  /// With as many slots as are asked for, it is the client that takes no more.
  ServerLimit slots_limit() const {
    return std::min(slots_.first, slots_.second) < wide_ ? ServerLimit::slots
                                                         : ServerLimit::none;
  }

  Time slots() const {
    const auto [before, after] = slots_;
    const Time shared = at(slots_, all_held_, held_);
    if (before != after) return shared;
    return std::max(shared,
                    any_order(times_, static_cast<std::size_t>(before)));
  }

  Time contention() const {
    const Speeds speeds = both(first_.speed(wide_), second_.speed(wide_));
    return speeds == slots_ ? Time() : at(speeds, all_served_, served_);
  }

  Time bandwidth() const {
    const Speeds speeds = both(first_.bandwidth, second_.bandwidth);
    if (std::max(speeds.first, speeds.second) == unlimited) return {};
    return least_ +
           at({speeds.first / 1e9, speeds.second / 1e9}, sum(bytes_), bytes_);
  }

  Time rate() const {
    const double rate = std::max(first_.rate, second_.rate);
    if (!whole_ || rate == unlimited) return {};
    return by_rate(times_, floored(1e9 / rate), server_.burst,
                   std::max(slots_.first, slots_.second));
  }

  const Capacity& server_;
  const bool whole_;
  const double wide_;  // so many are asked for at once
  State first_{}, second_{};
  Speeds slots_;
  double after_ = 0;  // the step, in replies
  // Of each request at least, and of all; in ns.
  std::vector<double> served_, held_, bytes_;
  double all_served_ = 0, all_held_ = 0;
  Times times_;
  Time least_{};
};

}  // namespace

std::vector<Item> ServerReplay::alone() const {
  std::vector<Item> items(items_.begin(), items_.end());
  for (Item& item : items) {
    item.wait = interleave::alone(server_, item.wait, bytes_of(item));
    if (asks_twice(item))
      item.follow_up_wait = interleave::alone(server_, item.follow_up_wait, 0);
  }
  return items;
}

ServerReplay::Bound ServerReplay::bound(Workload some, std::size_t width,
                                        bool whole) const {
  Time after_last = Time::max();
  for (std::size_t i : some.submission_order()) {
    const Item& item = items_[i];
    // Those who process bodies ask for more than those who download.
    if (asks_twice(item)) width = items_.size();
    after_last =
        std::min(after_last, asks_twice(item) ? Time::zero()
                                              : item.cpu + item.follow_up_wait);
  }
  std::vector<ToServer> requests = requests_of(items_, some);
  if (requests.empty()) return {};
  Bound bound =
      Needs(server_, std::move(requests), width, items_.size(), whole).most();
  bound.time += after_last;
  return bound;
}

}  // namespace interleave
