// Every order in which five replies can come, for every cell: a gated origin
// holds the replies and a controller releases them one by one.

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <bit>
#include <csignal>
#include <numeric>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/child_process.hpp"
#include "common/pace.hpp"
#include "common/trace.hpp"
#include "common/transfer.hpp"
#include "tests/models/cells.hpp"
#include "tests/sanitizers.hpp"

namespace interleave {
namespace {

constexpr std::size_t five = 5;
constexpr std::chrono::seconds patience{20};

/// What a cell must have in flight, item by item, as the pattern promises it.
class Expectation {
 public:
  Expectation(const Cell& cell, const Options& options)
      : width_(cell.width(five, options)),
        barrier_(cell.pattern->width == ConcurrencyCap::batch_size) {}

  /// Bit i: item i must be in flight now. Nothing else may be.
  std::uint64_t in_flight() {
    if (!barrier_ || in_flight_ == 0)
      while (next_ < five &&
             static_cast<std::size_t>(std::popcount(in_flight_)) < width_)
        in_flight_ |= std::uint64_t{1} << next_++;
    return in_flight_;
  }
  void finish(std::size_t i) { in_flight_ &= ~(std::uint64_t{1} << i); }

 private:
  const std::size_t width_;
  const bool barrier_;
  std::size_t next_ = 0;
  std::uint64_t in_flight_ = 0;
};

/// The order in which items are released when, of those in flight, the one
/// that comes first in `wish` always goes first.
std::vector<std::size_t> release_order(const Cell& cell, const Options& options,
                                       const std::vector<std::size_t>& wish) {
  Expectation expectation(cell, options);
  std::vector<std::size_t> order;
  while (const std::uint64_t in_flight = expectation.in_flight()) {
    const auto next = *std::ranges::find_if(
        wish, [&](std::size_t i) { return in_flight >> i & 1; });
    order.push_back(next);
    expectation.finish(next);
  }
  return order;
}

class Order : public CellTest {
 protected:
  Order() { waits_ = {}; }  // the gate decides, not a clock

  /// Runs in a process of its own: holds the cell to its expectation, and
  /// releases the next reply only when the last item is finished.
  bool control(const std::vector<std::size_t>& order) {
    Expectation expectation(cell(), options_);
    for (std::size_t done = 0; done < order.size(); ++done) {
      const std::uint64_t expected = expectation.in_flight();
      if (!origin().wait_until_held(expected, patience)) return false;
      if (origin().held() != expected) return false;
      origin().release(order[done]);
      expectation.finish(order[done]);
      const auto deadline = Clock::now() + patience;
      while (control_.get()->ended.load() <= done) {
        if (Clock::now() > deadline) return false;
        usleep(20);
      }
    }
    return true;
  }

  void expect_order(const std::vector<std::size_t>& wish) {
    const std::vector<std::size_t> order =
        release_order(cell(), options_, wish);
    const auto gated = items_at(five, origin::gated_path);
    control_.get()->ended = 0;
    const pid_t controller = fork();
    if (controller == 0) _exit(control(order) ? 0 : 1);
    const auto run = this->run(gated);
    int status = 0;
    waitpid(controller, &status, 0);

    ASSERT_EQ(status, 0) << "not in flight what should be, or not for long";
    ASSERT_EQ(count_outcomes(run.trace).completed, five);
    EXPECT_EQ(completion_order(run.trace), order);
    EXPECT_LE(peak_in_flight(run.trace), cell().width(five, options_));
    EXPECT_LE(run.origin_peak_in_flight, cell().width(five, options_));
    for (std::size_t i = 0; i < five; ++i)
      EXPECT_EQ(run.trace.results[i].digest, gated[i].expected->digest)
          << "results[" << i << "] is of another item";
  }

  /// Each permutation of five, or every `step`-th.
  void expect_orders(int step) {
    std::vector<std::size_t> wish(five);
    std::iota(wish.begin(), wish.end(), 0);
    int count = 0;
    do {
      if (count++ % step == 0) expect_order(wish);
      if (HasFatalFailure()) FAIL() << "in permutation " << count;
    } while (std::ranges::next_permutation(wish).found);
    EXPECT_EQ(count, 120);
  }
};

TEST_P(Order, KeepsResultsInSubmissionOrderInAll120OrdersOfCompletion) {
  options_.limit = five;
  options_.limit_max = Pace::start;  // what it holds from the beginning
  options_.batch_size = five;
  expect_orders(under_a_sanitizer ? 7 : 1);  // forks are slow under one
}

TEST_P(Order, StartsTheNextItemOnlyWhenTheLimitAllows) {
  options_.limit = options_.limit_max = 2;
  options_.batch_size = 2;
  options_.producers = 1;  // two of them would take turns as they like
  expect_orders(7);
}

INSTANTIATE_TEST_SUITE_P(, Order, testing::ValuesIn(all_cells()),
                         cell_test_name);

/// Memory that a test shares with the process that runs its cell.
template <class T>
class Shared {
 public:
  Shared()
      : value_(new(mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0)) T()) {}
  ~Shared() { munmap(value_, sizeof(T)); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  T* operator->() const { return value_; }

 private:
  T* value_;
};

/// One worker behind a queue with four places.
class Backpressure : public CellTest {
 protected:
  static constexpr std::size_t places = 4, count = 12;
  /// With the worker's, and the one in the hand of who finds no place.
  static constexpr std::size_t ahead = places + 2;

  struct Watched {
    std::array<Clock::time_point, count> taken_up;
    std::atomic<std::size_t> computing, computed;  // of a pipeline
  };

  Backpressure() {
    waits_ = {};
    options_.limit = options_.cores = options_.producers = 1;
    options_.queue_capacity = places;
    options_.control = control_.get();
  }
  ~Backpressure() override {
    if (child_ <= 0) return;
    kill(child_, SIGKILL);
    reap(child_);
  }

  void start(const std::vector<Item>& items) {
    child_ = fork_child([&] {
      initialise_curl();
      cell().run(Workload(items, watched_->taken_up), options_);
    });
  }
  void expect_a_good_end() { EXPECT_EQ(reap(std::exchange(child_, -1)), 0); }

  /// Waits until so many are there, and no more.
  template <class Number>
  static void expect_soon(Number number, std::size_t wanted) {
    const auto deadline = Clock::now() + patience;
    while (number() < wanted && Clock::now() < deadline) usleep(100);
    ASSERT_EQ(number(), wanted);
  }

  pid_t child_ = -1;
  static inline Shared<Watched> watched_;
};

// Threads once woke whoever waited only when half of the places were free.
TEST_P(Backpressure, EndsAsSoonAsOnePlaceIsFree) {
  watched_->taken_up = {};
  start(items_at(count, origin::gated_path));
  const auto taken_up = [] {
    return count - static_cast<std::size_t>(std::ranges::count(
                       watched_->taken_up, Clock::time_point()));
  };
  for (std::size_t done = 0; done < count; ++done) {
    ASSERT_TRUE(origin().wait_until_held(std::uint64_t{1} << done, patience));
    expect_soon(taken_up, std::min(count, ahead + done));
    if (HasFatalFailure()) return;
    origin().release(done);
  }
  expect_a_good_end();
}

/// Where taking up is seen from here. A producer in a process stamps its own
/// memory, and the graph of oneTBB has no such queue: the tests of the helpers
/// and the next one hold those.
std::vector<const Cell*> cells_with_a_queue() {
  std::vector<const Cell*> cells =
      select_cells("*/queue,*/pipeline,*/producers");
  std::erase_if(cells, [](const Cell* cell) {
    return cell->name() == "processes/producers" ||
           cell->name() == "onetbb/pipeline";
  });
  return cells;
}

INSTANTIATE_TEST_SUITE_P(, Backpressure,
                         testing::ValuesIn(cells_with_a_queue()),
                         cell_test_name);

class BackpressureOfBodies : public Backpressure {
 protected:
  static std::string compute_when_told(const Item&, std::string_view) {
    const std::size_t own = watched_->computing++;
    while (watched_->computed <= own) usleep(100);
    return {};
  }
};

TEST_P(BackpressureOfBodies, EndsAsSoonAsOnePlaceIsFree) {
  watched_->computing = watched_->computed = 0;
  std::vector<Item> items = this->items(count);
  for (Item& item : items) item.process_fn = compute_when_told;
  start(items);
  const auto began = [&] { return control_.get()->began.load(); };
  for (std::size_t done = 0; done < count; ++done) {
    expect_soon([] { return watched_->computing.load(); }, done + 1);
    expect_soon(began, std::min(count, ahead + done));
    if (HasFatalFailure()) return;
    ++watched_->computed;
  }
  expect_a_good_end();
}

INSTANTIATE_TEST_SUITE_P(, BackpressureOfBodies,
                         testing::ValuesIn(select_cells("*/pipeline")),
                         cell_test_name);

}  // namespace
}  // namespace interleave
