// Catalog of the cells, and how cells are selected by name.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>
#include <stdexcept>
#include <string>

#include "bench/text/names.hpp"
#include "tests/bench/grid/cell.hpp"

namespace interleave {
namespace {

TEST(Catalog, IsTheGrid) {
  std::set<std::string> names;
  for (const Cell& one : catalog()) names.insert(one.name());
  EXPECT_EQ(names.size(), catalog().size()) << "no cell twice";
  for (const char* model : {"threads", "processes", "async"})
    for (const char* pattern :
         {"gather", "semaphore", "queue", "batches", "pipeline"})
      EXPECT_TRUE(names.contains(std::string(model) + "/" + pattern));
  EXPECT_TRUE(names.contains("sequential/one_by_one"));
  EXPECT_TRUE(names.contains("async/one_by_one"));
}

TEST(Catalog, KnowsHowManyTasksACellStarts) {
  Options options;
  options.limit = 300;
  options.batch_size = 40;
  options.producers = 5;
  options.cores = 2;
  const auto tasks = [&](std::string_view name) {
    return cell(name).tasks(50, options);
  };
  EXPECT_EQ(tasks("sequential/one_by_one"), 1u);
  EXPECT_EQ(tasks("threads/gather"), 50u);
  EXPECT_EQ(tasks("threads/batches"), 40u);
  EXPECT_EQ(tasks("threads/semaphore"), 300u) << "allowed, if not needed";
  EXPECT_EQ(tasks("threads/queue"), 300u);
  EXPECT_EQ(tasks("threads/pipeline"), 302u);
  EXPECT_EQ(tasks("threads/producers"), 305u);
}

TEST(Catalog, SelectsByNameAndStarEachOnceInTheOrderOfTheGrid) {
  const auto cells = select_cells("async/queue,threads/*,*/queue");
  std::set<const Cell*> unique(cells.begin(), cells.end());
  EXPECT_EQ(unique.size(), cells.size());
  EXPECT_TRUE(std::is_sorted(cells.begin(), cells.end()));
  EXPECT_EQ(cells.front()->name(), "threads/gather");
  EXPECT_EQ(select_cells("*").size(), catalog().size());
}

TEST(Catalog, RefusesAnUnknownCellAndNamesTheNearest) {
  try {
    select_cells("threads/queue,async/qeue");
    FAIL();
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(),
                 "no cell is called 'async/qeue': did you mean 'async/queue'?");
  }
  EXPECT_THROW(select_cells(""), std::invalid_argument);
  EXPECT_THROW(select_cells("*x*"), std::invalid_argument);
}

TEST(Catalog, MatchesStarsAnywhereAndInNoTimeAtAll) {
  EXPECT_EQ(select_cells("async/*e*e").size(), 4u);
  EXPECT_EQ(select_cells("async/queue**").size(), 1u);
  EXPECT_THROW(select_cells("async/queu"), std::invalid_argument);
  EXPECT_THROW(
      select_cells(std::string(60, '*') + "/" + std::string(60, '*') + "q"),
      std::invalid_argument);
}

TEST(Nearest, IsTheOneWithTheFewestChanges) {
  const std::array<std::string_view, 3> known{"compare", "run", "serve"};
  EXPECT_EQ(nearest("compaer", known), "compare");
  EXPECT_EQ(nearest("rn", known), "run");
  EXPECT_EQ(nearest("something", known), "");
}

}  // namespace
}  // namespace interleave
