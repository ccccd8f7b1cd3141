#include "common/item.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace interleave {
namespace {

using Indices = std::vector<std::size_t>;

Indices indices(Workload items) {
  Indices all;
  for (std::size_t i : items.submission_order()) all.push_back(i);
  return all;
}

TEST(Workload, HandsOutEveryIndexInOrder) {
  const std::vector<Item> items(4);
  EXPECT_EQ(indices(Workload(items)), (Indices{0, 1, 2, 3}));
  EXPECT_EQ(indices(Workload({})), Indices{});
}

TEST(Workload, StampsAnItemWhenItIsTakenUpAndNotBefore) {
  const std::vector<Item> items(3);
  std::vector<Clock::time_point> queued(3);
  auto order = Workload(items, queued).submission_order();
  auto next = order.begin();
  EXPECT_EQ(*next, 0u);
  EXPECT_NE(queued[0], Clock::time_point{});
  EXPECT_EQ(queued[1], Clock::time_point{});
  EXPECT_EQ(*++next, 1u);
  EXPECT_GE(queued[1], queued[0]);
  EXPECT_EQ(queued[2], Clock::time_point{});
}

TEST(Workload, SharesAreDisjointAndStampedByTheirProducer) {
  const std::vector<Item> items(7);
  std::vector<Clock::time_point> queued(7);
  const Workload workload(items, queued);
  std::vector<Indices> shares(3);
  for (std::size_t first = 0; first < 3; ++first)
    for (std::size_t i : workload.share(first, 3)) shares[first].push_back(i);
  EXPECT_EQ(shares, (std::vector<Indices>{{0, 3, 6}, {1, 4}, {2, 5}}));
  EXPECT_EQ(queued, std::vector<Clock::time_point>(7));
  EXPECT_EQ(workload.stamp_queued(4), 4u);
  EXPECT_NE(queued[4], Clock::time_point{});
  for (std::size_t i : workload.share(9, 10)) FAIL() << i;
}

TEST(Workload, HandsNothingOutOnceTheRunWasStopped) {
  const std::vector<Item> items(5);
  std::atomic<bool> stop = false;
  const Workload workload(items, {}, &stop);
  Indices all;
  for (std::size_t i : workload.submission_order()) {
    all.push_back(i);
    stop = i == 2;
  }
  EXPECT_EQ(all, (Indices{0, 1, 2}));
  for (std::size_t i : workload.share(0, 2)) FAIL() << i;
  for (Workload batch : workload.batches(2)) FAIL() << batch.size();
}

TEST(Workload, CutsIntoBatchesThatKeepTheirIndices) {
  const std::vector<Item> items(7);
  std::vector<Indices> batches;
  for (Workload batch : Workload(items).batches(3))
    batches.push_back(indices(batch));
  EXPECT_EQ(batches, (std::vector<Indices>{{0, 1, 2}, {3, 4, 5}, {6}}));
}

TEST(Workload, ABatchSizeOfZeroCountsAsOne) {
  const std::vector<Item> items(2);
  std::size_t batches = 0;
  for (Workload batch : Workload(items).batches(0)) {
    EXPECT_EQ(batch.size(), 1u);
    ++batches;
  }
  EXPECT_EQ(batches, 2u);
}

TEST(Workload, ABatchStampsIntoTheStampsOfTheWhole) {
  const std::vector<Item> items(4);
  std::vector<Clock::time_point> queued(4);
  auto batches = Workload(items, queued).batches(2);
  auto second = ++batches.begin();
  indices(*second);
  EXPECT_EQ(queued[1], Clock::time_point{});
  EXPECT_NE(queued[2], Clock::time_point{});
}

}  // namespace
}  // namespace interleave
