// A client with a limit and a server with a capacity, both in virtual time.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <queue>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "bench/grid/capacity.hpp"
#include "common/pace.hpp"

namespace interleave::simulation {

using Time = CapacityMachine::Time;

/// A job for a server: what each item takes there when nothing else goes on.
struct Job {
  std::string name;
  Capacity capacity;
  std::vector<Time> service;
  std::uint64_t bytes = 0;  ///< of each item
  std::uint64_t seed = 1;   ///< of the back-off's jitter
};

struct Outcome {
  Time makespan{};
  double mean_in_flight = 0;  ///< permits taken, back-off included
  std::uint64_t refused = 0, attempts = 0, failed = 0;
  double refused_share() const {
    return static_cast<double>(refused) / static_cast<double>(attempts);
  }
};

/// A limit that stays.
class Fixed {
 public:
  explicit Fixed(unsigned limit) : limit_(limit) {}
  unsigned limit() const { return limit_; }
  void observe(const Observation&) {}

 private:
  unsigned limit_;
};

/// Runs `job` as the pattern does: items in submission order, each with a
/// permit that it keeps while it waits to ask again. It takes no time itself.
template <class Controller>
Outcome run(const Job& job, Controller controller) {
  constexpr int retries = 10;
  constexpr Time first_delay = std::chrono::milliseconds(20);
  struct Item {
    Time began{}, sent{};
    int refused = 0;
  };
  using Again = std::pair<Time, std::size_t>;
  const std::size_t count = job.service.size();
  CapacityMachine server(job.capacity, count);
  std::mt19937_64 random(job.seed);
  std::priority_queue<Again, std::vector<Again>, std::greater<>> again;
  std::vector<Item> items(count);
  std::size_t next = 0, in_flight = 0, ended = 0;
  Outcome outcome;
  Time now{};
  const auto moment = [](Time at) { return Clock::time_point(at); };
  const auto end = [&](std::size_t i, bool completed) {
    --in_flight, ++ended;
    if (!completed) ++outcome.failed;
    controller.observe({.began = moment(items[i].began),
                        .sent = moment(items[i].sent),
                        .ended = moment(now),
                        .completed = completed,
                        .refusals = outcome.refused});
  };
  const auto send = [&](std::size_t i) {
    items[i].sent = now;
    ++outcome.attempts;
    const auto answer = server.arrive(now, i, job.service[i], job.bytes);
    if (answer.status == 0) return;
    ++outcome.refused;
    if (++items[i].refused > retries) return end(i, false);
    const double jitter = 1 + 0.25 * std::uniform_real_distribution()(random);
    const Time wait = std::max(
        answer.retry_after, answer.retry_after > Time::zero()
                                ? Time::zero()
                                : first_delay * (1 << (items[i].refused - 1)));
    again.emplace(
        now + Time(std::llround(static_cast<double>(wait.count()) * jitter)),
        i);
  };
  while (ended < count) {
    while (next < count && in_flight < controller.limit()) {
      ++in_flight;
      items[next].began = now;
      send(next++);
    }
    const std::optional<Time> reply = server.next();
    const bool asks = !again.empty() && (!reply || again.top().first < *reply);
    if (!asks && !reply) break;
    const Time then = asks ? again.top().first : *reply;
    outcome.mean_in_flight += static_cast<double>(in_flight) *
                              static_cast<double>((then - now).count());
    now = std::max(now, then);
    if (asks) {
      const std::size_t i = again.top().second;
      again.pop();
      send(i);
    }
    while (const auto ticket = server.depart(now)) end(*ticket, true);
  }
  outcome.makespan = now;
  outcome.mean_in_flight /= static_cast<double>(now.count());
  return outcome;
}

/// The fixed limits that are tried.
inline constexpr std::array fixed_limits{
    1u,  2u,  3u,  4u,  5u,  6u,  7u,  8u,  10u, 12u, 14u, 16u, 18u,
    20u, 22u, 24u, 28u, 32u, 36u, 42u, 48u, 56u, 64u, 80u, 96u, 128u};

/// The fixed limit with the shortest makespan of those under which no item
/// fails; of those within 2% the smallest.
struct Best {
  unsigned limit = 1;
  Time makespan = Time::max();
};
inline Best best_of(const std::vector<Job>& seeds) {
  Best best;
  std::array<Time, fixed_limits.size()> spans{};
  for (std::size_t at = 0; at < fixed_limits.size(); ++at) {
    for (const Job& job : seeds) {
      const Outcome outcome = run(job, Fixed(fixed_limits[at]));
      if (outcome.failed > 0) {
        spans[at] = Time::max();
        break;
      }
      spans[at] += outcome.makespan;
    }
    best.makespan = std::min(best.makespan, spans[at]);
  }
  for (std::size_t at = fixed_limits.size(); at-- > 0;)
    if (spans[at] <= best.makespan + best.makespan / 50)
      best.limit = fixed_limits[at];
  return best;
}

}  // namespace interleave::simulation
