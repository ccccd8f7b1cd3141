#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <latch>
#include <stdexcept>
#include <thread>
#include <utility>

#include "threads/onetbb/model.hpp"

namespace interleave::onetbb {
namespace {

using namespace std::chrono_literals;

/// How many of `tasks` are there at once: none leaves before all have come, or
/// two seconds bring no more.
int together(Group& group, int tasks) {
  std::atomic<int> here = 0;
  std::latch over(1);
  for (int i = 0; i < tasks; ++i)
    group.spawn([&] {
      ++here;
      over.wait();
    });
  int seen = 0;
  for (int looks = 0; here < tasks && looks < 200; ++looks) {
    std::this_thread::sleep_for(10ms);
    if (const int now = here; now != std::exchange(seen, now)) looks = 0;
  }
  seen = here;
  over.count_down();
  group.join();
  return seen;
}

int together(int tasks) {
  Group group(static_cast<std::size_t>(tasks));
  return together(group, tasks);
}

// oneTBB has room for 256 workers where nobody asked for more when it began.
TEST(Group, HasAThreadForEachTaskWhateverCameBefore) {
  for (const int tasks : {4, 300, 20, 600}) EXPECT_EQ(together(tasks), tasks);
}

TEST(RequireThreads, MakesRoomAheadOfTheFirstGroup) {
  require_threads(700);
  EXPECT_EQ(together(3), 3);
  EXPECT_EQ(together(700), 700);
}

TEST(RequireThreads, SaysThatALargerGroupCannotBeginBesideASmallerOne) {
  Group small(2);
  EXPECT_EQ(together(small, 2), 2);
  EXPECT_THROW(require_threads(5000), std::logic_error);
  EXPECT_EQ(together(small, 2), 2) << "which goes on";
}

}  // namespace
}  // namespace interleave::onetbb
