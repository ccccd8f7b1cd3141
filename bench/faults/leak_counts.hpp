// What a process holds that a run may leave behind.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>

namespace interleave::faults {

struct LeakCounts {
  std::size_t threads = 0, children = 0, descriptors = 0;

  bool operator==(const LeakCounts&) const = default;
};

/// Counted from /proc; zeros for a process that is gone.
LeakCounts belongings_of(pid_t process);

/// What this process has beyond `before`. A thread that was joined may still
/// be listed for a moment, so this waits up to `patience` for there to be
/// nothing.
LeakCounts left_over(const LeakCounts& before,
                     std::chrono::milliseconds patience);

}  // namespace interleave::faults
