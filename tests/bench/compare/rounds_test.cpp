#include "bench/compare/rounds.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace interleave {
namespace {

using Orders = std::vector<std::vector<std::size_t>>;

/// How often each ordered pair of neighbours occurs, boundaries included.
std::map<std::pair<std::size_t, std::size_t>, std::size_t> neighbours(
    const Orders& rounds) {
  std::map<std::pair<std::size_t, std::size_t>, std::size_t> counts;
  std::vector<std::size_t> all;
  for (const auto& round : rounds)
    all.insert(all.end(), round.begin(), round.end());
  for (std::size_t i = 1; i < all.size(); ++i) ++counts[{all[i - 1], all[i]}];
  return counts;
}

std::size_t most_frequent(const Orders& rounds) {
  std::size_t most = 0;
  for (const auto& [pair, times] : neighbours(rounds))
    if (pair.first != pair.second) most = std::max(most, times);
  return most;
}

/// How often the most frequent pair must occur.
std::size_t necessary(std::size_t cells, std::size_t rounds) {
  const std::size_t pairs = cells * (cells - 1);
  return (cells * rounds - 1 + pairs - 1) / pairs;
}

template <class Check>
void for_all_sizes(Check check) {
  for (std::size_t cells = 2; cells <= 30; ++cells)
    for (const std::size_t rounds : {1u, 2u, 3u, 5u, 6u, 9u, 13u, 20u, 31u})
      check(cells, rounds, balanced_rounds(cells, rounds, cells + rounds));
}

TEST(Rounds, HaveEveryCellOnce) {
  for_all_sizes([](std::size_t cells, std::size_t rounds, const Orders& all) {
    ASSERT_EQ(all.size(), rounds);
    for (const auto& round : all) {
      ASSERT_EQ(round.size(), cells);
      EXPECT_EQ(std::set(round.begin(), round.end()).size(), cells);
      EXPECT_EQ(std::ranges::max(round), cells - 1);
    }
  });
}

TEST(Rounds, RepeatNoNeighboursWhileTheyAreFew) {
  for_all_sizes([](std::size_t cells, std::size_t rounds, const Orders& all) {
    if (2 * rounds > cells) return;
    EXPECT_EQ(most_frequent(all), 1u) << cells << " cells, " << rounds;
  });
}

TEST(Rounds, RepeatNoNeighboursMuchOftenerThanTheyMust) {
  for_all_sizes([](std::size_t cells, std::size_t rounds, const Orders& all) {
    const std::size_t slack = rounds <= 2 * cells ? 1 : 2;
    EXPECT_LE(most_frequent(all), necessary(cells, rounds) + slack)
        << cells << " cells, " << rounds << " rounds";
  });
}

// The usual comparisons: a pattern in four models, and the whole grid.
TEST(Rounds, OfTheUsualSizesAreAsGoodAsTheyCanBe) {
  for (std::uint64_t seed = 1; seed <= 50; ++seed)
    for (const std::size_t cells : {3u, 4u, 5u, 8u, 26u})
      EXPECT_EQ(most_frequent(balanced_rounds(cells, 5, seed)),
                necessary(cells, 5))
          << cells << " cells, seed " << seed;
}

TEST(Rounds, LetNoCellFollowItself) {
  for_all_sizes([](std::size_t cells, std::size_t rounds, const Orders& all) {
    if (cells == 2) return;
    for (const auto& [pair, times] : neighbours(all))
      EXPECT_NE(pair.first, pair.second) << cells << " cells, " << rounds;
  });
}

TEST(Rounds, TurnTheOrderOfTwoCellsRound) {
  const Orders all = balanced_rounds(2, 6, 1);
  EXPECT_EQ(std::ranges::count(all, std::vector<std::size_t>{0, 1}), 3);
  EXPECT_EQ(std::ranges::count(all, std::vector<std::size_t>{1, 0}), 3);
}

TEST(Rounds, PutACellInDifferentPlaces) {
  for_all_sizes([](std::size_t cells, std::size_t rounds, const Orders& all) {
    std::map<std::pair<std::size_t, std::size_t>, std::size_t> places;
    std::size_t most = 0;
    for (const auto& round : all)
      for (std::size_t i = 0; i < cells; ++i)
        most = std::max(most, ++places[{round[i], i}]);
    const std::size_t even = (rounds + cells - 1) / cells;
    EXPECT_LE(most, even + (cells % 2 == 0 ? 0 : 4))
        << cells << " cells, " << rounds << " rounds";
  });
}

TEST(Rounds, FollowFromTheSeed) {
  EXPECT_EQ(balanced_rounds(26, 5, 1), balanced_rounds(26, 5, 1));
  EXPECT_NE(balanced_rounds(26, 5, 1), balanced_rounds(26, 5, 2));
}

TEST(Rounds, OfOneCellOrNoneAreWhatTheyAre) {
  EXPECT_EQ(balanced_rounds(1, 3, 1), (Orders{{0}, {0}, {0}}));
  EXPECT_EQ(balanced_rounds(0, 2, 1), (Orders{{}, {}}));
  EXPECT_TRUE(balanced_rounds(4, 0, 1).empty());
}

}  // namespace
}  // namespace interleave
