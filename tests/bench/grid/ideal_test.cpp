// The ideals: values by hand, and both an exhaustive search and random
// schedules that none of them may exceed.
#include "bench/grid/ideal.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "bench/measure/learnt.hpp"
#include "tests/bench/grid/cell.hpp"
#include "tests/sanitizers.hpp"

namespace interleave {
namespace {

using namespace std::chrono_literals;

// ---- by hand ----

Ideal ideal_of(std::string_view name, const std::vector<Item>& items,
               Options options = {}, unsigned cores = 2) {
  options.cores = cores;
  return *ideal(cell(name), Workload(items), options, cores);
}

TEST(ListSchedule, StartsEachOnTheSlotThatIsFreeFirst) {
  const std::array<Clock::duration, 5> times{3ms, 1ms, 4ms, 1ms, 5ms};
  EXPECT_EQ(list_schedule(times, 1), 14ms);
  // Slots: 3, then 1+4=5; the fourth goes to the first (4), so does the last.
  EXPECT_EQ(list_schedule(times, 2), 9ms);
  EXPECT_EQ(list_schedule(times, 5), 5ms);
  EXPECT_EQ(list_schedule(times, 99), 5ms);
  EXPECT_EQ(list_schedule({}, 3), 0ms);
}

TEST(Ideal, OneByOneIsTheSum) {
  const auto items = items_of({{10, 1}, {20, 2}});
  for (const char* name : {"sequential/one_by_one", "async/one_by_one"}) {
    EXPECT_EQ(ideal_of(name, items).time, 33ms);
    EXPECT_EQ(ideal_of(name, items).bound, LimitingFactor::waiting);
  }
  EXPECT_EQ(ideal_of("sequential/one_by_one", items_of({{1, 9}})).bound,
            LimitingFactor::cpu);
}

TEST(Ideal, GatherIsTheLongestItem) {
  const auto items = items_of({{10, 0}, {30, 0}, {20, 0}});
  EXPECT_EQ(ideal_of("async/gather", items).time, 30ms);
  EXPECT_EQ(ideal_of("async/gather", items).bound, LimitingFactor::waiting);
}

TEST(Ideal, TheLimitDecidesTheSchedule) {
  const auto items = items_of(std::vector<std::pair<int, int>>(160, {89, 0}));
  Options options;
  options.limit = 5;
  for (const char* name : {"threads/semaphore", "processes/queue",
                           "async/queue", "threads/pipeline"}) {
    EXPECT_EQ(ideal_of(name, items, options).time, 32 * 89ms) << name;
    EXPECT_EQ(ideal_of(name, items, options).bound, LimitingFactor::limit)
        << name;
  }
  options.limit = 160;
  EXPECT_EQ(ideal_of("threads/queue", items, options).bound,
            LimitingFactor::waiting);
}

TEST(Ideal, BatchesSumTheirLongestItems) {
  const auto items = items_of({{10, 0}, {30, 0}, {20, 0}, {5, 0}, {7, 0}});
  Options options;
  options.batch_size = 2;
  EXPECT_EQ(ideal_of("async/batches", items, options).time, 57ms);
  EXPECT_EQ(ideal_of("async/batches", items, options).bound,
            LimitingFactor::limit);
  options.batch_size = 9;
  EXPECT_EQ(ideal_of("async/batches", items, options).time, 30ms);
  EXPECT_EQ(ideal_of("async/batches", items, options).bound,
            LimitingFactor::waiting);
}

TEST(Ideal, NeverLessThanTheCpuOverTheCoresTheCellMayUse) {
  const auto items = items_of(std::vector<std::pair<int, int>>(200, {20, 4}));
  Options options;
  options.limit = 32;
  // Nobody can compute before the first reply is there, in any batch.
  EXPECT_EQ(ideal_of("async/queue", items, options).time, 820ms);
  EXPECT_EQ(ideal_of("async/queue", items, options).bound, LimitingFactor::cpu);
  EXPECT_EQ(ideal_of("async/pipeline", items, options).time, 420ms);
  EXPECT_EQ(ideal_of("threads/queue", items, options).time, 420ms);
  EXPECT_EQ(ideal_of("processes/pipeline", items, options, 4).time, 220ms);
  EXPECT_EQ(ideal_of("async/batches", items, options).time, 25 * 52ms);
}

TEST(Ideal, ASecondRequestIsPartOfItsItem) {
  auto items = items_of({{10, 1}, {10, 1}, {10, 1}});
  for (Item& item : items) item.follow_up_wait = 20ms;
  EXPECT_EQ(ideal_of("sequential/one_by_one", items).time, 93ms);
  EXPECT_EQ(ideal_of("sequential/one_by_one", items).bound,
            LimitingFactor::waiting);
  EXPECT_EQ(ideal_of("threads/gather", items, {}, 3).time, 31ms);
  EXPECT_EQ(ideal_of("async/gather", items).time, 33ms) << "one thread";
  // Two workers of the second stage: the third item waits for one of them.
  EXPECT_EQ(ideal_of("threads/pipeline", items).time, 52ms);
  EXPECT_EQ(ideal_of("threads/pipeline", items).bound, LimitingFactor::limit);
}

TEST(Ideal, ProducersDelayTheirItems) {
  auto items = items_of({{10, 0}, {10, 0}, {10, 0}, {10, 0}});
  const int delays[] = {5, 50, 5, 50};
  for (std::size_t i = 0; i < 4; ++i)
    items[i].delay = std::chrono::milliseconds(delays[i]);
  Options options;  // two producers: 5 and 10, 50 and 100
  EXPECT_EQ(ideal_of("async/producers", items, options).time, 110ms);
  EXPECT_EQ(ideal_of("async/producers", items, options).bound,
            LimitingFactor::waiting);
  options.producers = 1;
  EXPECT_EQ(ideal_of("async/producers", items, options).time, 120ms);
  for (Item& item : items) item.delay = 0ms;
  options.limit = 1;
  EXPECT_EQ(ideal_of("threads/producers", items, options).time, 40ms);
  EXPECT_EQ(ideal_of("threads/producers", items, options).bound,
            LimitingFactor::limit);
  EXPECT_EQ(ideal_of("async/queue", items).time, 10ms) << "nobody else waits";
}

TEST(Ideal, CountsOnlyWorkersThatMustHaveBeenRefused) {
  Options options;
  options.limit = 8;
  options.cores = 2;
  EXPECT_EQ(granted(cell("threads/queue"), options, 3).limit, 5u);
  EXPECT_EQ(granted(cell("threads/queue"), options, 99).limit, 1u);
  // One of the three may have been to process.
  EXPECT_EQ(granted(cell("threads/pipeline"), options, 3).limit, 6u);
  EXPECT_EQ(granted(cell("threads/pipeline"), options, 0).limit, 8u);
}

TEST(Ideal, OfProducersHoldsWhoeverComesFirst) {
  // One hands in items 0 and 2, one item 1: both first, and it ends at 40 ms;
  // but item 1 may come before item 2.
  const auto items = items_of({{10, 0}, {30, 0}, {10, 0}});
  Options options;
  options.limit = 2;
  EXPECT_EQ(ideal_of("threads/producers", items, options).time, 30ms);
}

TEST(Ideal, TellsALimitFromHavingNone) {
  const auto items = items_of({{10, 0}, {20, 0}});
  Options options;
  options.limit = 1;
  options.batch_size = 1;
  for (const char* name : {"threads/queue", "async/batches", "async/pipeline",
                           "processes/producers"})
    EXPECT_EQ(ideal_of(name, items, options).bound, LimitingFactor::limit)
        << name;
  EXPECT_EQ(ideal_of("async/one_by_one", items, options).bound,
            LimitingFactor::waiting);
}

TEST(Ideal, CountsTheCpuOfTransfersWhereverItIsSpent) {
  const auto items = items_of(std::vector<std::pair<int, int>>(40, {2, 0}));
  const auto bound = [&](const char* name, Clock::duration transfers) {
    Options options;
    options.cores = 2;
    return *ideal(cell(name), Workload(items), options, 2, transfers);
  };
  // 80 ms one after the other, 10 ms on eight slots.
  EXPECT_EQ(bound("threads/queue", 16ms).time, 10ms);
  EXPECT_EQ(bound("threads/queue", 16ms).bound, LimitingFactor::limit);
  EXPECT_EQ(bound("async/queue", 16ms).time, 16ms) << "on one core";
  EXPECT_EQ(bound("async/queue", 16ms).bound, LimitingFactor::cpu);
  EXPECT_EQ(bound("threads/queue", 60ms).time, 30ms);
  EXPECT_EQ(bound("sequential/one_by_one", 60ms).time, 80ms)
      << "it is within the waits";
  EXPECT_EQ(bound("sequential/one_by_one", 60ms).bound, LimitingFactor::cpu);
  EXPECT_EQ(bound("sequential/one_by_one", 16ms).bound,
            LimitingFactor::waiting);
}

TEST(Learnt, IsTheLeastThatAnyRunTook) {
  std::vector<Item> items(2);
  items[1].id = 1;
  Learnt learnt(items);
  EXPECT_EQ(learnt.transfers(), 0ms);
  const auto run_of = [](Clock::duration first, Clock::duration second,
                         Clock::duration cpu, Status status) {
    interleave::Run run;
    run.trace.results.resize(2);
    run.trace.results[0].downloaded += first;
    run.trace.results[1].downloaded += second;
    run.trace.results[0].status = Status::completed;
    run.trace.results[1].status = status;
    run.cpu.user = run.cpu.system = cpu / 2;
    return run;
  };
  learnt.lower(run_of(90ms, 5ms, 8ms, Status::completed));
  learnt.lower(run_of(4ms, 6ms, 6ms, Status::completed));
  learnt.lower(run_of(3ms, 1ms, 2ms, Status::failed));
  EXPECT_EQ(items[0].wait, 3ms);
  EXPECT_EQ(items[1].wait, 5ms) << "a failed item says nothing";
  EXPECT_EQ(learnt.transfers(), 6ms) << "nor does half of the job";
}

TEST(Ideal, IsUnknownWhereTheTimesAre) {
  EXPECT_FALSE(
      ideal(cell("async/queue"), Workload(items_of({{0, 0}, {0, 0}})), {}, 2));
  EXPECT_FALSE(ideal(cell("async/batches"), Workload({}), {}, 2));
}

// ---- against every schedule ----

/// A pattern as a machine that advances by units of time, and may do whatever
/// the pattern's promise allows: take an item later than it could, compute
/// whichever of the items that are ready, process bodies in any order. It knows
/// no bound of a queue, so it is freer than any model. It shares no code with
/// the ideals.
class Machine {
 public:
  struct Times {
    int wait, cpu, follow_up, delay;
  };
  enum class Kind { slots, batches, stages, producers };
  struct Rules {
    Kind kind;
    std::size_t slots;  ///< items (stages: downloads) under way at once
    std::size_t batch_size, producers;
    std::size_t workers;  ///< of the second stage
    std::size_t cores;
  };

  Machine(Rules rules, std::vector<Times> items)
      : rules_(rules), items_(std::move(items)) {}

  /// The shortest of all schedules, in units.
  int best() const {
    std::set<State> now{first()}, seen;
    for (int time = 0;; ++time) {
      std::set<State> decided, next;
      for (const State& state : now) decide(state, decided);
      for (const State& state : decided) {
        if (done(state)) return time;
        if (seen.insert(state).second) compute(state, 0, {}, next);
      }
      now = std::move(next);
    }
  }

  /// One schedule, drawn at random: mostly busy, sometimes late.
  int any(std::mt19937& random) const {
    State state = first();
    for (int time = 0;; ++time) {
      pass_on(state);
      for (auto may = choices(state); !may.empty(); may = choices(state)) {
        if (random() % 8 == 0) break;
        take(state, may[random() % may.size()]);
        pass_on(state);
      }
      if (done(state)) return time;
      std::vector<std::size_t> ready = ready_to_compute(state);
      std::ranges::shuffle(ready, random);
      ready.resize(std::min(ready.size(), rules_.cores));
      tick(state, ready);
    }
  }

 private:
  enum Phase : char { away, here, waits, body, computes, sends, ended };
  /// A phase for each item and what is left of it, then for each producer the
  /// item that it waits for.
  using State = std::string;
  Phase phase(const State& state, std::size_t i) const {
    return static_cast<Phase>(state[2 * i]);
  }
  static void set(State& state, std::size_t i, Phase phase, int left) {
    state[2 * i] = phase;
    state[2 * i + 1] = static_cast<char>(left);
  }

  State first() const {
    State state(2 * items_.size(), '\0');
    const bool paced = rules_.kind == Kind::producers;
    for (std::size_t i = 0; i < items_.size(); ++i)
      set(state, i, paced ? away : here, items_[i].delay);
    return state;
  }

  /// The producer's item that it waits for now: all before it have come.
  bool is_next(const State& state, std::size_t i) const {
    return i < rules_.producers || phase(state, i - rules_.producers) != away;
  }

  /// What takes no time: the end of one phase is the start of the next.
  void pass_on(State& state) const {
    for (std::size_t i = 0; i < items_.size(); ++i) {
      if (phase(state, i) == away && state[2 * i + 1] == 0 && is_next(state, i))
        set(state, i, here, 0);
      if (phase(state, i) == waits && state[2 * i + 1] == 0)
        rules_.kind == Kind::stages ? set(state, i, body, 0)
                                    : set(state, i, computes, items_[i].cpu);
      if (phase(state, i) == computes && state[2 * i + 1] == 0)
        set(state, i, sends, items_[i].follow_up);
      if (phase(state, i) == sends && state[2 * i + 1] == 0)
        set(state, i, ended, 0);
    }
  }

  std::size_t count(const State& state, Phase from, Phase to) const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < items_.size(); ++i)
      count += phase(state, i) >= from && phase(state, i) <= to;
    return count;
  }

  /// Items that may be taken now, by a download or by the second stage.
  std::vector<std::size_t> choices(const State& state) const {
    std::vector<std::size_t> may;
    const bool stages = rules_.kind == Kind::stages;
    if (count(state, waits, stages ? waits : sends) < rules_.slots) {
      const std::size_t step =
          rules_.kind == Kind::producers ? rules_.producers : 1;
      for (std::size_t first = 0; first < step; ++first) {
        std::size_t i = first;
        while (i < items_.size() && phase(state, i) > here) i += step;
        if (i < items_.size() && phase(state, i) == here && opened(state, i))
          may.push_back(i);
      }
    }
    if (stages && count(state, computes, sends) < rules_.workers)
      for (std::size_t i = 0; i < items_.size(); ++i)
        if (phase(state, i) == body) may.push_back(i);
    return may;
  }

  /// Whether all batches before that of `i` have ended.
  bool opened(const State& state, std::size_t i) const {
    if (rules_.kind != Kind::batches) return true;
    for (std::size_t at = 0; at < i / rules_.batch_size * rules_.batch_size;
         ++at)
      if (phase(state, at) != ended) return false;
    return true;
  }

  void take(State& state, std::size_t i) const {
    phase(state, i) == body ? set(state, i, computes, items_[i].cpu)
                            : set(state, i, waits, items_[i].wait);
  }

  /// All states that can be chosen at one moment.
  void decide(State state, std::set<State>& decided) const {
    pass_on(state);
    if (!decided.insert(state).second) return;
    for (std::size_t i : choices(state)) {
      State other = state;
      take(other, i);
      decide(other, decided);
    }
  }

  std::vector<std::size_t> ready_to_compute(const State& state) const {
    std::vector<std::size_t> ready;
    for (std::size_t i = 0; i < items_.size(); ++i)
      if (phase(state, i) == computes) ready.push_back(i);
    return ready;
  }

  /// Every choice of items for the cores; none is left idle without need.
  void compute(const State& state, std::size_t from,
               const std::vector<std::size_t>& chosen,
               std::set<State>& next) const {
    const std::vector<std::size_t> ready = ready_to_compute(state);
    if (chosen.size() == std::min(ready.size(), rules_.cores)) {
      State after = state;
      tick(after, chosen);
      next.insert(after);
      return;
    }
    for (std::size_t at = from; at < ready.size(); ++at) {
      std::vector<std::size_t> more = chosen;
      more.push_back(ready[at]);
      compute(state, at + 1, more, next);
    }
  }

  void tick(State& state, const std::vector<std::size_t>& computing) const {
    const State before = state;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      const Phase now = phase(before, i);
      if (now == waits || now == sends || (now == away && is_next(before, i)))
        --state[2 * i + 1];
    }
    for (std::size_t i : computing) --state[2 * i + 1];
  }

  bool done(const State& state) const {
    return count(state, ended, ended) == items_.size();
  }

  Rules rules_;
  std::vector<Times> items_;
};

/// A workload with its options, drawn at random.
struct Drawn {
  Drawn(const Cell& cell, std::size_t most_items, unsigned most_cores,
        std::size_t longest, std::mt19937& random) {
    const auto draw = [&](std::size_t least, std::size_t most) {
      return std::uniform_int_distribution<std::size_t>(least, most)(random);
    };
    const std::size_t count = draw(1, most_items);
    options.limit = static_cast<unsigned>(draw(1, count + 1));
    options.limit_max = options.limit;
    options.batch_size = draw(1, count + 1);
    options.producers = static_cast<unsigned>(draw(1, count + 1));
    options.queue_capacity = draw(1, 3);
    options.cores = static_cast<unsigned>(draw(1, most_cores));
    cores = static_cast<unsigned>(draw(1, most_cores));

    // Two cores may have to share three items evenly, so times are even. Some
    // workloads wait only, or compute only.
    const auto time = [&](bool any) {
      return any ? static_cast<int>(2 * draw(0, longest)) : 0;
    };
    const bool waits = draw(0, 4) > 0, computes = draw(0, 2) > 0,
               sends = draw(0, 2) == 0, comes = draw(0, 2) > 0;
    for (std::size_t i = 0; i < count; ++i) {
      times.push_back({time(waits), time(computes), time(sends), time(comes)});
      items.emplace_back();
      items.back().wait = times[i].wait * 1ms;
      items.back().cpu = times[i].cpu * 1ms;
      items.back().follow_up_wait = times[i].follow_up * 1ms;
      items.back().delay = times[i].delay * 1ms;
    }
    rules = rules_for(cell);
  }

  Machine::Rules rules_for(const Cell& cell) const {
    using Kind = Machine::Kind;
    const std::string_view name = cell.pattern->name;
    Machine::Rules is{Kind::slots, options.limit, options.batch_size,
                      1,           options.cores, cores};
    if (name == "one_by_one") is.slots = 1;
    if (name == "gather" || name == "batches") is.slots = items.size();
    if (name == "batches") is.kind = Kind::batches;
    if (name == "pipeline") is.kind = Kind::stages;
    if (name == "producers") is.kind = Kind::producers;
    if (name == "producers") is.producers = options.producers;
    // A loop computes on its only thread, but for the pipeline's pool.
    if (cell.model->name == "async" && name != "pipeline") is.cores = 1;
    return is;
  }

  std::string words() const {
    std::string text = fmt::format(
        "limit {}, batches of {}, {} producers, {} of {} cores; wait, cpu, "
        "then, delay",
        options.limit, options.batch_size, options.producers, options.cores,
        cores);
    for (const auto& [wait, cpu, then, delay] : times)
      text += fmt::format("; {} {} {} {}", wait, cpu, then, delay);
    return text;
  }

  Options options;
  unsigned cores = 1;
  std::vector<Machine::Times> times;
  std::vector<Item> items;
  Machine::Rules rules{};
};

std::vector<const Cell*> two_models() {
  return select_cells("sequential/*,threads/*,async/*");
}

/// The ideal in the machine's units; 0 where there is none.
double ideal_in_units(const Cell& cell, const Drawn& drawn) {
  const auto found =
      ideal(cell, Workload(drawn.items), drawn.options, drawn.cores);
  using Units = std::chrono::duration<double, std::milli>;
  return found ? Units(found->time).count() : 0;
}

// docs/measuring.md tells how many workloads these are, and how tight.

TEST(Ideal, IsNoLongerThanTheBestOfAllSchedulesAndHardlyShorter) {
  for (const Cell* one : two_models()) {
    std::mt19937 random(1);
    double sum = 0, least = 1;
    int known = 0;
    for (int n = 0; n < repeats(200); ++n) {
      const Drawn drawn(*one, 5, 2, 3, random);
      const int best = Machine(drawn.rules, drawn.times).best();
      const double bound = ideal_in_units(*one, drawn);
      ASSERT_LE(bound, best) << one->name() << ": " << drawn.words();
      if (best == 0) continue;
      ++known;
      sum += bound / best;
      least = std::min(least, bound / best);
    }
    EXPECT_GT(sum / known, 0.97) << one->name();
    EXPECT_GT(least, 0.5) << one->name();
  }
}

TEST(Ideal, IsNoLongerThanAnyScheduleOfManyItems) {
  for (const Cell* one : two_models()) {
    std::mt19937 random(2);
    for (int n = 0; n < repeats(500); ++n) {
      const Drawn drawn(*one, 40, 4, 10, random);
      const double bound = ideal_in_units(*one, drawn);
      for (int schedule = 0; schedule < 3; ++schedule)
        ASSERT_LE(bound, Machine(drawn.rules, drawn.times).any(random))
            << one->name() << ": " << drawn.words();
    }
  }
}

}  // namespace
}  // namespace interleave
