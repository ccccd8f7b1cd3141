#include "bench/compare/rounds.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <random>
#include <tuple>
#include <utility>

namespace interleave {

namespace {

using Order = std::vector<std::size_t>;
using Orders = std::vector<Order>;

/// Orders of which no two have a pair of neighbours in common, while all
/// together have every pair: of an even number of cells the rows of Williams's
/// square, of an odd number Walecki's cycles, in both directions. A cycle may
/// be cut anywhere.
Orders design_of(std::size_t cells) {
  const std::size_t around = cells - cells % 2;
  Orders orders;
  for (std::size_t turn = 0; turn < around; ++turn) {
    Order& order = orders.emplace_back();
    // 0, 1, -1, 2, -2, ...: all steps from one to the next differ.
    for (std::size_t i = 0; i < around; ++i)
      order.push_back((turn + (i % 2 == 1 ? (i + 1) / 2 : around - i / 2)) %
                      around);
    if (cells % 2 == 1) order.push_back(around);
  }
  return orders;
}

/// Rounds taken one after the other, each the best of those that are left.
class Series {
 public:
  explicit Series(const Orders& design)
      : design_(design),
        cells_(design.front().size()),
        followed_(cells_ * cells_),
        placed_(cells_ * cells_) {}

  template <class Random>
  void add_round(Random& random) {
    // In the last of a square nobody may be left who can follow.
    const auto follows_itself = [&](const Order& order) {
      return cells_ > 2 && cells_ % 2 == 0 && !rounds_.empty() &&
             order.front() == rounds_.back().back();
    };
    if (std::ranges::all_of(left_, follows_itself))
      left_.insert(left_.end(), design_.begin(), design_.end());
    std::optional<std::tuple<std::size_t, std::size_t, std::size_t>> least;
    std::size_t best = 0;
    Order round;
    for (std::size_t which = 0; which < left_.size(); ++which) {
      Order order = left_[which];
      const std::size_t cuts = cells_ % 2 == 1 ? cells_ : 1;
      for (std::size_t cut = 0; cut < cuts; ++cut) {
        const std::tuple cost{repeated(order), placed(order),
                              static_cast<std::size_t>(random())};
        if (!least || cost < *least) {
          least = cost;
          best = which;
          round = order;
        }
        std::ranges::rotate(order, order.begin() + 1);
      }
    }
    left_.erase(left_.begin() + static_cast<std::ptrdiff_t>(best));
    take(round);
  }

  /// What is wrong with it: the less, the better.
  std::tuple<std::size_t, std::size_t, std::size_t> faults() const {
    const std::size_t pairs = cells_ * (cells_ - 1);
    const std::size_t must = (rounds_.size() * cells_ - 1 + pairs - 1) / pairs;
    std::size_t itself = 0, more = 0;
    for (std::size_t pair = 0; pair < followed_.size(); ++pair) {
      const bool same = pair / cells_ == pair % cells_;
      if (same && cells_ > 2) itself += followed_[pair];
      if (!same && followed_[pair] > must) ++more;
    }
    return {itself, more, std::ranges::max(placed_)};
  }

  const Orders& rounds() const { return rounds_; }

 private:
  std::size_t pair(std::size_t before, std::size_t after) const {
    return before * cells_ + after;
  }

  /// How often its pairs were there before, the one with the last round too.
  std::size_t repeated(const Order& order) const {
    std::size_t times = 0;
    for (std::size_t i = 1; i < cells_; ++i)
      times += followed_[pair(order[i - 1], order[i])];
    if (rounds_.empty()) return times;
    const std::size_t last = rounds_.back().back();
    if (last == order.front() && cells_ > 2) times += rounds_.size() * cells_;
    return times + followed_[pair(last, order.front())];
  }

  std::size_t placed(const Order& order) const {
    std::size_t times = 0;
    for (std::size_t i = 0; i < cells_; ++i)
      times += placed_[pair(order[i], i)];
    return times;
  }

  void take(const Order& order) {
    if (!rounds_.empty())
      ++followed_[pair(rounds_.back().back(), order.front())];
    for (std::size_t i = 0; i < cells_; ++i) {
      ++placed_[pair(order[i], i)];
      if (i > 0) ++followed_[pair(order[i - 1], order[i])];
    }
    rounds_.push_back(order);
  }

  const Orders& design_;
  std::size_t cells_;
  Orders left_, rounds_;
  Order followed_, placed_;  // counts, of pair()
};

}  // namespace

std::vector<std::vector<std::size_t>> balanced_rounds(std::size_t cells,
                                                      std::size_t rounds,
                                                      std::uint64_t seed) {
  if (cells < 2) return {rounds, Order(cells)};
  std::mt19937_64 random(seed);
  const Orders design = design_of(cells);
  std::optional<Series> best;
  // Where rounds are many, a pair more or less is no matter.
  const int tries = rounds <= 2 * cells ? 32 : 1;
  for (int i = 0; i < tries; ++i) {
    Series series(design);
    for (std::size_t round = 0; round < rounds; ++round)
      series.add_round(random);
    if (!best || series.faults() < best->faults()) best.emplace(series);
  }

  Order names(cells);
  std::iota(names.begin(), names.end(), 0u);
  std::ranges::shuffle(names, random);
  Orders named = best->rounds();
  for (Order& round : named)
    for (std::size_t& cell : round) cell = names[cell];
  return named;
}

}  // namespace interleave
