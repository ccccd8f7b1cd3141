// What the processes of a run cost.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/item.hpp"

namespace interleave {

/// CPU time of this process and of the children it has waited for.
struct CpuTime {
  std::chrono::nanoseconds user{}, system{};

  CpuTime operator-(const CpuTime& earlier) const {
    return {user - earlier.user, system - earlier.system};
  }
};
CpuTime cpu_time();

/// One child process, from its fork to the moment it was waited for.
struct ChildUsage {
  Clock::time_point began, ended;
  std::uint64_t peak_rss_bytes = 0;
};

/// A model that forks reports each child it waited for; the harness reads them
/// after the run. Thread safety: the forking thread only.
void record_child(const ChildUsage& child);
const std::vector<ChildUsage>& recorded_children();
void forget_children();

/// What the system refused a pattern that went on all the same.
struct SpawnFailures {
  std::size_t workers = 0;  ///< of its crews: they were that much smaller
  std::size_t tasks = 0;    ///< that had to wait until another one had ended
};

/// Of this process so far. Thread safety: who starts workers and tasks only.
SpawnFailures& spawn_failures();

/// How late this process's event loop came to what was due, where that is
/// watched (Options::watch_lag). Thread safety: the loop's thread only.
std::vector<Clock::duration>& loop_lags();

/// Peak resident memory of this process, and the most that children who lived
/// at one time held together. Pages shared after a fork count once in each
/// process, as resident memory does.
std::uint64_t peak_rss_bytes();
std::uint64_t peak_rss_bytes(const std::vector<ChildUsage>& children);

}  // namespace interleave
