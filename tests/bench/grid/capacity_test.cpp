// The capacity of a server, compared with a reference that shares no code.
#include "bench/grid/capacity.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <deque>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "bench/grid/ideal.hpp"

namespace interleave {
namespace {

using namespace std::chrono_literals;
using Time = CapacityMachine::Time;

struct Arrival {
  Time at{};
  Time service = 20ms;
  std::uint64_t bytes = 0;
};

/// What became of each arrival: when its reply was complete, or its refusal.
struct Served {
  std::vector<Time> ends;
  std::vector<CapacityMachine::Answer> answers;
  std::vector<std::uint64_t> order;  // of the replies
};

/// Drives `machine` through all, looking whenever it says and no more often.
Served serve(CapacityMachine& machine, const std::vector<Arrival>& arrivals) {
  Served served;
  served.ends.resize(arrivals.size());
  const auto until = [&](Time now) {
    while (const auto next = machine.next()) {
      if (*next > now) break;
      while (const auto ticket = machine.depart(*next)) {
        served.ends[*ticket] = *next;
        served.order.push_back(*ticket);
      }
    }
  };
  for (std::size_t i = 0; i < arrivals.size(); ++i) {
    until(arrivals[i].at);
    served.answers.push_back(machine.arrive(
        arrivals[i].at, i, arrivals[i].service, arrivals[i].bytes));
  }
  until(Time::max());
  return served;
}

Served serve(const Capacity& capacity, const std::vector<Arrival>& arrivals) {
  CapacityMachine machine(capacity, arrivals.size());
  return serve(machine, arrivals);
}

std::vector<Arrival> at_once(std::size_t count, Time service = 20ms,
                             std::uint64_t bytes = 0) {
  return std::vector<Arrival>(count, Arrival{{}, service, bytes});
}

Time last(const Served& served) {
  return *std::ranges::max_element(served.ends);
}

std::size_t count(const Served& served, int status) {
  return static_cast<std::size_t>(std::ranges::count(
      served.answers, status, &CapacityMachine::Answer::status));
}

TEST(Capacity, ServesAllAtOnceWhenNothingIsLimited) {
  EXPECT_FALSE(Capacity{}.limited());
  EXPECT_TRUE(Capacity{.slots = 1}.limited());
  EXPECT_TRUE(Capacity{.backlog = 0}.limited());
  const Served served = serve(Capacity{}, at_once(1000, 20ms, 1 << 20));
  for (Time end : served.ends) EXPECT_EQ(end, 20ms);
}

TEST(Capacity, ServesInSlotsAsAListScheduleToTheNanosecond) {
  std::mt19937_64 random(1);
  for (unsigned slots : {1u, 4u, 16u}) {
    std::vector<Arrival> arrivals = at_once(400);
    std::vector<Time> times;
    for (Arrival& arrival : arrivals)
      times.push_back(arrival.service = Time(random() % 30'000'000));
    CapacityMachine machine(Capacity{.slots = slots});
    EXPECT_EQ(last(serve(machine, arrivals)), list_schedule(times, slots));
    EXPECT_EQ(machine.counts().most_in_service, slots);
    EXPECT_EQ(machine.counts().most_queued, 400 - slots);
    EXPECT_EQ(machine.counts().waited, 400 - slots);
    EXPECT_EQ(machine.counts().served, 400u);
  }
}

TEST(Capacity, LetsWaitFirstInFirstOutAndCountsTheWait) {
  CapacityMachine machine(Capacity{.slots = 2});
  const Served served = serve(machine, at_once(6, 10ms));
  EXPECT_EQ(served.order, (std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5}));
  EXPECT_EQ(machine.counts().wait, 2 * 10ms + 2 * 20ms);
  EXPECT_EQ(machine.counts().service, 60ms);
}

TEST(Capacity, RefusesWhatTheBacklogHasNoPlaceFor) {
  const Served served = serve(
      Capacity{.slots = 8, .backlog = 8, .retry_after = 70ms}, at_once(24));
  EXPECT_EQ(count(served, 503), 8u);
  EXPECT_EQ(served.answers[16].status, 503);
  EXPECT_EQ(served.answers[16].retry_after, 70ms);
  EXPECT_EQ(last(served), 40ms);
}

TEST(Capacity, HasTokensOfABucketOnly) {
  // 400 a second: one in 2.5 ms, after three at once.
  const Capacity capacity{.rate = 400, .burst = 3};
  CapacityMachine machine(capacity);
  const auto status = [&](Time now, std::uint64_t ticket) {
    return machine.arrive(now, ticket, 1ms, 0).status;
  };
  EXPECT_EQ(status(0ms, 0), 0);
  EXPECT_EQ(status(0ms, 1), 0);
  EXPECT_EQ(status(0ms, 2), 0);
  EXPECT_EQ(status(0ms, 3), 429);
  EXPECT_EQ(status(2499999ns, 3), 429) << "a refusal costs nothing";
  EXPECT_EQ(machine.arrive(2ms, 3, 1ms, 0).retry_after, 1ns)
      << "time does not go back";
  EXPECT_EQ(status(2500us, 3), 0);
  EXPECT_EQ(status(2500us, 4), 429);
  EXPECT_EQ(status(1s, 4), 0);
  EXPECT_EQ(status(1s, 5), 0);
  EXPECT_EQ(status(1s, 6), 0);
  EXPECT_EQ(status(1s, 7), 429) << "the bucket holds three";
  EXPECT_EQ(machine.counts().refused_429, 5u);
}

TEST(Capacity, LosesGoodputBeyondTheKnee) {
  // limits.md: sum(t) / K (l / K)^(g - 1)
  for (unsigned width : {20u, 32u, 160u}) {
    const double slower = std::pow(width / 16.0, 2);
    const Served served =
        serve(Capacity{.knee = 16, .exponent = 2}, at_once(width));
    EXPECT_NEAR(static_cast<double>(last(served).count()), 20e6 * slower,
                2.0 * width)
        << width;
  }
  EXPECT_EQ(last(serve(Capacity{.knee = 16}, at_once(16))), 20ms);
}

TEST(Capacity, SharesBandwidthEvenly) {
  // 1000 bytes a second each, at most 2000 for all.
  const Capacity capacity{.bandwidth = 2000, .connection_bandwidth = 1000};
  EXPECT_EQ(last(serve(capacity, at_once(1, 20ms, 500))), 520ms);
  EXPECT_EQ(last(serve(capacity, at_once(2, 20ms, 500))), 520ms);
  EXPECT_EQ(last(serve(capacity, at_once(8, 20ms, 500))), 2020ms);
}

TEST(Capacity, IsColdForTheFirstReplies) {
  // The factors of ten replies, one at a time: 5, 4, 3, 2, 1, ...
  const Capacity capacity{.slots = 1,
                          .cold = {{.amount = 0.4, .is_share = true}, 5}};
  const Served served = serve(capacity, at_once(10, 10ms));
  EXPECT_EQ(served.ends[0], 50ms);
  EXPECT_EQ(served.ends[3], 140ms);
  EXPECT_EQ(served.ends[9], 200ms);
}

TEST(Capacity, IsAsColdForThoseWhoWaitThereAsForThoseWhoComeThen) {
  // Two end at once: both of the next two find two replies served.
  const Capacity capacity{.slots = 2, .cold = {{.amount = 4}, 5}};
  EXPECT_EQ(last(serve(capacity, at_once(4, 10ms))), 50ms + 30ms);
}

TEST(Capacity, ChangesWithTheRepliesServed) {
  Capacity capacity{.slots = 2};
  capacity.then.emplace();
  capacity.then->after = {.amount = 0.5, .is_share = true};
  capacity.then->slots = 4;
  EXPECT_EQ(last(serve(capacity, at_once(16, 10ms))), 60ms);
  capacity.then->slots = 1;
  EXPECT_EQ(last(serve(capacity, at_once(16, 10ms))), 120ms);
  capacity.then->slots.reset();
  capacity.then->slower = 2.5;
  EXPECT_EQ(last(serve(capacity, at_once(16, 10ms))), 140ms);
}

TEST(Capacity, CollapsesForAWhileWhenThereAreTooMany) {
  const Capacity capacity{.collapse = {4, 0.1, 10ms}};
  EXPECT_EQ(last(serve(capacity, at_once(4))), 20ms);
  EXPECT_EQ(last(serve(capacity, at_once(5))), 29ms);
}

TEST(Capacity, RefusesTheSameForTheSameSeed) {
  Capacity capacity{.refused_share = 0.03};
  const auto refused = [&] {
    std::vector<std::size_t> which;
    const Served served = serve(capacity, at_once(1000));
    for (std::size_t i = 0; i < 1000; ++i)
      if (served.answers[i].status == 503) which.push_back(i);
    return which;
  };
  const auto first = refused();
  EXPECT_EQ(first, refused());
  EXPECT_GT(first.size(), 15u);
  EXPECT_LT(first.size(), 50u);
  capacity.seed = 2;
  EXPECT_NE(first, refused());
}

TEST(Capacity, ForgetsWhoLeaves) {
  CapacityMachine machine(Capacity{.slots = 1});
  for (std::uint64_t ticket : {0u, 1u, 2u})
    machine.arrive(0ms, ticket, 10ms, 0);
  machine.leave(2ms, 1);
  machine.leave(5ms, 0);
  EXPECT_EQ(machine.in_service(), 1u);
  EXPECT_EQ(machine.queued(), 0u);
  EXPECT_EQ(machine.depart(14999us), std::nullopt);
  EXPECT_EQ(machine.depart(15ms), 2u);
  machine.leave(16ms, 2);
  machine.arrive(20ms, 3, 10ms, 0);
  machine.leave(40ms, 3);
  EXPECT_EQ(machine.depart(50ms), std::nullopt) << "complete, but not taken";
  EXPECT_EQ(machine.next(), std::nullopt);
}

TEST(Capacity, IsTheSameHoweverLateSomebodyLooks) {
  CapacityMachine machine(Capacity{.slots = 2, .knee = 1});
  for (std::uint64_t ticket = 0; ticket < 6; ++ticket)
    machine.arrive(0ms, ticket, 10ms, 0);
  EXPECT_EQ(machine.arrive(1h, 6, 10ms, 0).status, 0);
  EXPECT_EQ(machine.counts().wait, 2 * 40ms + 2 * 80ms);
  EXPECT_EQ(machine.in_service(), 1u);
  for (std::uint64_t ticket = 0; ticket < 6; ++ticket)
    EXPECT_EQ(machine.depart(1h), ticket);
}

// ---- against a reference ----

/// The same server, told by what is left of each request, in small steps from
/// event to event. It shares no code with the machine.
class Reference {
 public:
  explicit Reference(const Capacity& capacity, std::size_t replies)
      : is_(capacity), replies_(replies), tokens_(capacity.burst) {}

  Served serve(const std::vector<Arrival>& arrivals) {
    Served served;
    served.ends.resize(arrivals.size());
    for (std::size_t i = 0; i < arrivals.size(); ++i) {
      run(static_cast<long double>(arrivals[i].at.count()), served);
      served.answers.push_back(arrive(i, arrivals[i]));
    }
    run(1e18L, served);
    return served;
  }

 private:
  struct Present {
    std::size_t id;
    long double work, bytes;
  };

  CapacityMachine::Answer arrive(std::size_t id, const Arrival& arrival) {
    if (is_.rate > 0 && tokens_ < 1 - 1e-9L) return {429, {}};
    const bool full = is_.slots > 0 && in_.size() >= is_.slots;
    if (full && is_.backlog && waiting_.size() >= *is_.backlog)
      return {503, {}};
    tokens_ -= 1;
    waiting_.push_back({id, static_cast<long double>(arrival.service.count()),
                        static_cast<long double>(arrival.bytes)});
    admit();
    return {};
  }

  void admit() {
    while (!waiting_.empty() && (is_.slots == 0 || in_.size() < is_.slots)) {
      Present next = waiting_.front();
      waiting_.pop_front();
      const long double cold =
          is_.cold.replies.amount * static_cast<long double>(replies_);
      if (served_ < cold)
        next.work *= 1 + (is_.cold.factor - 1) * (1 - served_ / cold);
      in_.push_back(next);
    }
  }

  void run(long double until, Served& served) {
    while (now_ < until) {
      long double sending = 0;
      for (const Present& one : in_) sending += one.work <= 0;
      long double speed = 1;
      if (is_.knee > 0 && in_.size() > is_.knee)
        speed = std::pow(static_cast<long double>(is_.knee) / in_.size(),
                         static_cast<long double>(is_.exponent));
      long double share = 1e18L;
      if (is_.bandwidth > 0) share = is_.bandwidth / sending / 1e9L;
      if (is_.connection_bandwidth > 0)
        share = std::min<long double>(share, is_.connection_bandwidth / 1e9L);
      long double step = until - now_;
      for (const Present& one : in_)
        step =
            std::min(step, one.work > 0 ? one.work / speed : one.bytes / share);
      for (Present& one : in_) {
        long double& left = one.work > 0 ? one.work : one.bytes;
        left -= step * (one.work > 0 ? speed : share);
        if (left < 1e-6L) left = 0;
      }
      now_ += step;
      tokens_ =
          std::min<long double>(is_.burst, tokens_ + step * is_.rate / 1e9L);
      if (is_.bandwidth <= 0 && is_.connection_bandwidth <= 0)
        for (Present& one : in_)
          if (one.work <= 0) one.bytes = 0;
      std::erase_if(in_, [&](const Present& one) {
        const bool ends = one.work <= 0 && one.bytes <= 0;
        if (ends) served.ends[one.id] = Time(std::llround(now_));
        served_ += ends;
        return ends;
      });
      admit();
      if (in_.empty() && until > 1e17L) return;
    }
  }

  const Capacity is_;
  const std::size_t replies_;
  long double now_ = 0, tokens_, served_ = 0;
  std::vector<Present> in_;
  std::deque<Present> waiting_;
};

TEST(Capacity, DoesWhatAReferenceCalculationSays) {
  std::mt19937_64 random(7);
  const auto draw = [&](std::uint64_t least, std::uint64_t most) {
    return std::uniform_int_distribution<std::uint64_t>(least, most)(random);
  };
  std::uint64_t refused = 0, served = 0;
  for (int n = 0; n < 300; ++n) {
    Capacity capacity;
    if (draw(0, 2) > 0) capacity.slots = static_cast<unsigned>(draw(1, 12));
    if (draw(0, 2) == 0) capacity.backlog = static_cast<unsigned>(draw(0, 8));
    if (draw(0, 1) == 0) capacity.knee = static_cast<unsigned>(draw(1, 12));
    capacity.exponent = static_cast<double>(draw(0, 6)) / 2;
    if (draw(0, 2) == 0) capacity.rate = static_cast<double>(draw(50, 2000));
    capacity.burst = static_cast<unsigned>(draw(1, 20));
    if (draw(0, 2) == 0)
      capacity.bandwidth = static_cast<double>(draw(1e5, 1e7));
    if (draw(0, 2) == 0)
      capacity.connection_bandwidth = static_cast<double>(draw(1e5, 1e7));
    if (draw(0, 3) == 0)
      capacity.cold = {{.amount = 0.25, .is_share = true}, 4};
    std::vector<Arrival> arrivals(draw(1, 40) * 4);
    Time at{};
    for (Arrival& arrival : arrivals) {
      at += Time(draw(0, 5'000'000));
      arrival = {at, Time(draw(1, 40'000'000)), draw(0, 20'000)};
    }
    const Served is = serve(capacity, arrivals);
    const Served should = Reference(capacity, arrivals.size()).serve(arrivals);
    for (std::size_t i = 0; i < arrivals.size(); ++i) {
      ASSERT_EQ(is.answers[i].status, should.answers[i].status)
          << n << ": arrival " << i;
      refused += is.answers[i].status != 0;
      if (is.answers[i].status != 0) continue;
      ++served;
      // Whole nanoseconds of service count for many where it is slow.
      const auto end = static_cast<double>(should.ends[i].count());
      ASSERT_NEAR(static_cast<double>(is.ends[i].count()), end,
                  200 + 1e-5 * end)
          << n << ": arrival " << i;
    }
  }
  EXPECT_GT(refused, 2000u) << "of both kinds, or nothing was tested";
  EXPECT_GT(served, 2000u);
}

}  // namespace
}  // namespace interleave
