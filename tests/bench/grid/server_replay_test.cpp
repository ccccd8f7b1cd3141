// Ideals on a server with a capacity: values by hand, and the best of all
// schedules that a simulation by discrete events finds.
#include "bench/grid/server_replay.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "bench/grid/ideal.hpp"
#include "tests/bench/grid/cell.hpp"
#include "tests/sanitizers.hpp"

namespace interleave {
namespace {

using namespace std::chrono_literals;
using Time = CapacityMachine::Time;

std::vector<Item> equal_items(std::size_t count, Time wait = 20ms,
                              std::size_t bytes = 0) {
  std::vector<Item> items(count);
  for (std::size_t i = 0; i < count; ++i) {
    items[i].id = i;
    items[i].wait = wait;
    items[i].expected = Expected{bytes, 0};
  }
  return items;
}

Ideal ideal_on(const Capacity& server, std::string_view name,
               const std::vector<Item>& items, unsigned limit = 8) {
  Options options;
  options.limit = limit;
  options.batch_size = limit;
  options.cores = 2;
  const ServerReplay replay(items, server);
  return *ideal(cell(name), Workload(items), options, 2, {}, &replay);
}

// ---- by hand ----

TEST(ServerIdeal, IsThatOfTheSlotsWhereMoreAreAskedFor) {
  const Capacity server{.slots = 8};
  const auto items = equal_items(24);
  for (const char* name : {"threads/gather", "async/semaphore"}) {
    EXPECT_EQ(ideal_on(server, name, items, 24).time, 60ms);
    EXPECT_EQ(ideal_on(server, name, items, 24).bound, LimitingFactor::slots);
  }
  EXPECT_EQ(ideal_on(server, "async/semaphore", items, 8).bound,
            LimitingFactor::limit);
  EXPECT_EQ(ideal_on(server, "async/semaphore", items, 4).time, 120ms);
  EXPECT_EQ(ideal_on(server, "sequential/one_by_one", items).time, 480ms);
  // A batch of 12 takes two turns on 8 slots.
  EXPECT_EQ(ideal_on(server, "async/batches", items, 12).time, 80ms);
  EXPECT_EQ(ideal_on(server, "async/batches", items, 12).bound,
            LimitingFactor::slots);
}

TEST(ServerIdeal, IsNoBetterThanTheKneeAndSaysOverloadBeyondIt) {
  const Capacity server{.knee = 16};
  const auto items = equal_items(160);
  EXPECT_EQ(ideal_on(server, "async/semaphore", items, 16).time, 200ms);
  EXPECT_EQ(ideal_on(server, "async/semaphore", items, 16).bound,
            LimitingFactor::limit);
  EXPECT_EQ(ideal_on(server, "async/gather", items).time, 200ms);
  EXPECT_EQ(ideal_on(server, "async/gather", items).bound,
            LimitingFactor::overload);
  EXPECT_EQ(ideal_on(server, "async/semaphore", items, 8).time, 400ms);
}

TEST(ServerIdeal, WaitsForTokens) {
  const Capacity server{.rate = 400, .burst = 20};
  const auto items = equal_items(100);
  // The last of 80 tokens that come one in 2.5 ms, and its own time.
  EXPECT_EQ(ideal_on(server, "async/gather", items).time, 220ms);
  EXPECT_EQ(ideal_on(server, "async/semaphore", items, 50).time, 220ms);
  EXPECT_EQ(ideal_on(server, "async/semaphore", items, 4).time, 500ms);
  EXPECT_EQ(ideal_on(server, "async/semaphore", items, 4).bound,
            LimitingFactor::limit);
}

TEST(ServerIdeal, SharesTheBandwidth) {
  // 20 ms at 1 MB/s, and 10 at once fill 10 MB/s.
  const Capacity server{.bandwidth = 1e7, .connection_bandwidth = 1e6};
  const auto items = equal_items(100, 20ms, 20'000);
  EXPECT_EQ(ideal_on(server, "async/gather", items).time, 220ms);
  EXPECT_EQ(ideal_on(server, "async/gather", items).bound,
            LimitingFactor::bandwidth);
  EXPECT_EQ(ideal_on(server, "async/semaphore", items, 10).time, 400ms);
  EXPECT_EQ(ideal_on(server, "sequential/one_by_one", items).time, 4s);
}

TEST(ServerIdeal, CountsAColdStartAndAStep) {
  const auto items = equal_items(100);
  Capacity server{.slots = 1};
  server.cold = {{.amount = 0.1, .is_share = true}, 5};
  // 5 to 1.4 times, in steps of 0.4.
  EXPECT_EQ(ideal_on(server, "async/gather", items).time,
            10 * 64ms + 90 * 20ms);
  EXPECT_EQ(ideal_on(server, "async/semaphore", items, 1).time,
            10 * 64ms + 90 * 20ms);
  EXPECT_EQ(ideal_on(server, "async/semaphore", items, 1).bound,
            LimitingFactor::limit);
  server = {.slots = 4};
  server.then.emplace();
  server.then->after = {.amount = 0.5, .is_share = true};
  server.then->slots = 8;
  EXPECT_EQ(ideal_on(server, "async/gather", items).time, 375ms);
}

TEST(ServerReplay, IsTheFormulaOfEachKind) {
  const auto items = equal_items(160);
  EXPECT_EQ(ServerReplay(items, {.slots = 16}).time(16), 200ms);
  EXPECT_EQ(ServerReplay(items, {.slots = 16}).time(160), 200ms);
  EXPECT_EQ(ServerReplay(items, {.slots = 16}).time(5), 640ms);
  const ServerReplay knee(items, {.knee = 16});
  EXPECT_EQ(knee.time(16), 200ms);
  EXPECT_NEAR(static_cast<double>(knee.time(32).count()), 400e6, 1e5);
  EXPECT_NEAR(static_cast<double>(knee.time(160).count()), 2e9, 1e6);
  EXPECT_EQ(ServerReplay(items, {}).time(160), 20ms);
}

TEST(ServerReplay, KnowsTheLowestLimitThatIsAsGoodAsAny) {
  const auto best = [](const char* name, Time wait = 20ms,
                       std::size_t bytes = 0) {
    const auto items = equal_items(1000, wait, bytes);
    return ServerReplay(items, server_profile(name).capacity)
        .best(items.size())
        .limit;
  };
  EXPECT_EQ(best("slots-4"), 4u);
  EXPECT_EQ(best("slots-16"), 16u);
  EXPECT_EQ(best("knee-16"), 16u);
  EXPECT_EQ(best("rate"), 8u);
  EXPECT_EQ(best("backlog"), 8u);
  EXPECT_NEAR(static_cast<double>(best("slots-64")), 64, 2);
  // Whoever waits there is served as those are who come just then.
  const auto items = equal_items(1000);
  for (const char* name : {"slots-16", "cold", "slots-grow"})
    EXPECT_FALSE(ServerReplay(items, server_profile(name).capacity)
                     .overloaded(items.size()))
        << name;
}

// ---- against every schedule ----

/// What a client may do, at its best: at each moment at which something ended
/// or a token came, it sends any of the requests that its pattern has taken up.
/// It takes them up in order, each when fewer than `width` before it are open;
/// or, in batches of `width`, when all batches before its own have ended.
class Client {
 public:
  Client(const std::vector<Item>& items, const Capacity& server,
         std::size_t width, bool batches)
      : items_(items),
        width_(width),
        batches_(batches),
        first_{CapacityMachine(server, items.size()),
               std::vector<char>(items.size()),
               {},
               {}} {}

  /// The shortest of all schedules.
  Time best() {
    best_ = Time::max();
    search(first_);
    return best_;
  }

  /// The shortest of some that are drawn: each with a width of its own, and
  /// now and then late.
  Time drawn(std::mt19937& random, int schedules) {
    best_ = Time::max();
    for (int n = 0; n < schedules; ++n) {
      State state = first_;
      const std::size_t width = 1 + random() % width_;
      const bool late = random() % 2 == 0, any = random() % 2 == 0;
      do {
        while (!(late && random() % 8 == 0)) {
          const auto may = choices(state, width);
          if (may.empty() || !send(state, may[any ? random() % may.size() : 0]))
            break;
        }
        if (state.now >= best_) break;
      } while (pass(state));
      if (ended(state) == items_.size()) best_ = std::min(best_, state.now);
    }
    return best_;
  }

 private:
  enum : char { here, sent, done };
  struct State {
    CapacityMachine machine;
    std::vector<char> phase;
    std::set<Time> moments;  // at which a refused one may come again
    Time now;
  };

  std::size_t ended(const State& state) const {
    return static_cast<std::size_t>(
        std::ranges::count(state.phase, char(done)));
  }

  std::vector<std::size_t> choices(const State& state,
                                   std::size_t width) const {
    std::vector<std::size_t> may;
    std::size_t open = 0;
    for (std::size_t i = 0; i < items_.size() && open < width; ++i) {
      if (batches_ && i % width_ == 0 && open > 0) break;
      if (state.phase[i] == here) may.push_back(i);
      open += state.phase[i] != done;
    }
    return may;
  }

  /// False when it is refused.
  bool send(State& state, std::size_t i) const {
    const auto answer = state.machine.arrive(state.now, i, items_[i].wait,
                                             items_[i].expected->bytes);
    if (answer.status == 0) state.phase[i] = sent;
    if (answer.retry_after > 0ns)
      state.moments.insert(state.now + answer.retry_after);
    // One that was refused waits for the next moment, as all others may.
    return answer.status == 0;
  }

  /// On to the next moment; false where there is none.
  bool pass(State& state) const {
    while (true) {
      const auto next = state.machine.next();
      const auto token = state.moments.upper_bound(state.now);
      const bool token_first =
          token != state.moments.end() && (!next || *token < *next);
      if (token_first) {
        state.now = *token;
        return true;
      }
      if (!next) return false;
      state.now = std::max(state.now, *next);
      bool any = false;
      while (const auto i = state.machine.depart(state.now)) {
        state.phase[*i] = done;
        any = true;
      }
      if (any) return true;
    }
  }

  void search(const State& state) {
    if (ended(state) == items_.size()) best_ = std::min(best_, state.now);
    if (state.now >= best_) return;
    State later = state;
    for (const std::size_t i : choices(state, width_)) {
      State other = state;
      if (send(other, i))
        search(other);
      else
        later.moments = other.moments;
    }
    if (pass(later)) search(later);
  }

  const std::vector<Item>& items_;
  const std::size_t width_;
  const bool batches_;
  const State first_;
  Time best_{};
};

struct Drawn {
  Drawn(std::mt19937& random, std::size_t most_items) {
    const auto draw = [&](int least, int most) {
      return std::uniform_int_distribution<int>(least, most)(random);
    };
    const int count = draw(1, static_cast<int>(most_items));
    width = static_cast<std::size_t>(draw(1, count));
    batches = draw(0, 2) == 0;
    const bool same = draw(0, 1) == 0;
    const int wait = draw(1, 8);
    items = equal_items(static_cast<std::size_t>(count));
    for (Item& item : items) {
      item.wait = std::chrono::milliseconds(same ? wait : draw(1, 8));
      item.expected->bytes = static_cast<std::size_t>(draw(0, 4) * 1000);
    }
    const int kind = draw(0, 6);
    if (kind == 0 || kind == 5)
      server.slots = static_cast<unsigned>(draw(1, count));
    if (kind == 1 || kind == 6) {
      server.knee = static_cast<unsigned>(draw(1, count));
      server.exponent = draw(1, 4) / 2.0;
    }
    if (kind == 2 || kind == 5) {
      server.rate = draw(100, 1000);
      server.burst = static_cast<unsigned>(draw(1, 3));
    }
    if (kind == 3 || kind == 6) {
      server.bandwidth = draw(5, 20) * 1e5;
      server.connection_bandwidth = draw(3, 20) * 1e5;
    }
    if (kind == 4) server.slots = static_cast<unsigned>(draw(1, count));
    if (draw(0, 3) == 0)
      server.cold = {{.amount = draw(0, 100) / 100.0, .is_share = true},
                     draw(2, 10) / 2.0};
    if (draw(0, 3) == 0) {
      server.then.emplace();
      server.then->after = {.amount = draw(0, 100) / 100.0, .is_share = true};
      if (server.slots)
        server.then->slots = static_cast<unsigned>(draw(1, count));
      if (server.knee)
        server.then->knee = static_cast<unsigned>(draw(1, count));
      if (server.rate > 0) server.then->rate = draw(100, 1000);
      if (server.bandwidth > 0) server.then->bandwidth = draw(5, 20) * 1e5;
      if (draw(0, 1)) server.then->slower = draw(1, 10) / 4.0;
    }
  }

  Options options() const {
    Options options;
    options.limit = static_cast<unsigned>(width);
    options.batch_size = width;
    options.cores = 2;
    return options;
  }
  Time bound() const {
    const ServerReplay replay(items, server);
    return ideal(cell(batches ? "async/batches" : "async/semaphore"),
                 Workload(items), options(), 2, {}, &replay)
        ->time;
  }
  std::string words() const {
    std::string text = fmt::format(
        "{} {}, slots {}, knee {}^{}, rate {} burst {}, bandwidth {} and "
        "{}, cold {} of {}",
        batches ? "batches of" : "width", width, server.slots, server.knee,
        server.exponent, server.rate, server.burst, server.bandwidth,
        server.connection_bandwidth, server.cold.factor,
        server.cold.replies.amount);
    if (server.then)
      text += fmt::format(
          "; from {} on slots {}, knee {}, slower {}",
          server.then->after.amount, server.then->slots.value_or(0),
          server.then->knee.value_or(0), server.then->slower.value_or(0));
    for (const Item& item : items)
      text += fmt::format("; {} ms, {} bytes", item.wait / 1ms,
                          item.expected->bytes);
    return text;
  }

  Capacity server;
  std::vector<Item> items;
  std::size_t width = 1;
  bool batches = false;
};

TEST(ServerIdeal, IsNoLongerThanTheBestOfAllSchedules) {
  std::mt19937 random(1);
  double sum = 0;
  int count = 0;
  for (int n = 0; n < repeats(400); ++n) {
    const Drawn drawn(random, 4);
    const Time best =
        Client(drawn.items, drawn.server, drawn.width, drawn.batches).best();
    ASSERT_LE(drawn.bound(), best) << drawn.words();
    sum += static_cast<double>(drawn.bound().count()) /
           static_cast<double>(best.count());
    ++count;
  }
  EXPECT_GT(sum / count, 0.85) << "or it says little";
}

TEST(ServerIdeal, IsNoLongerThanAnyScheduleOfManyItems) {
  std::mt19937 random(2);
  for (int n = 0; n < repeats(300); ++n) {
    const Drawn drawn(random, 40);
    const Time best =
        Client(drawn.items, drawn.server, drawn.width, drawn.batches)
            .drawn(random, 10);
    ASSERT_LE(drawn.bound(), best) << drawn.words();
  }
}

TEST(ServerIdeal, IsWithinOnePercentOfTheReplayOfTheSteadyProfiles) {
  for (const char* name : {"slots-4", "slots-16", "slots-64", "knee-16",
                           "knee-64", "rate", "backlog"}) {
    const auto items = equal_items(960);
    const Capacity server = server_profile(name).capacity;
    const ServerReplay replay(items, server);
    const auto best = replay.best(items.size());
    const Time bound = ideal_on(server, "async/semaphore", items,
                                static_cast<unsigned>(best.limit))
                           .time;
    EXPECT_LE(bound, best.time) << name;
    EXPECT_GE(bound, best.time * 99 / 100) << name;
  }
}

}  // namespace
}  // namespace interleave
