// A semaphore whose permits come back with the children's results.
#pragma once

#include "processes/group.hpp"

namespace interleave::processes {

/// The parent keeps the count, not the children: a killed child could never
/// give its permit back. Thread safety: the forking thread only.
class Semaphore {
 public:
  Semaphore(unsigned permits, Group& group) : free_(permits), group_(group) {}

  /// Blocks until a permit is free, listening to the children meanwhile.
  void acquire() {
    while (free_ == 0) group_.wait();
    --free_;
  }
  void release() { ++free_; }

 private:
  unsigned free_;
  Group& group_;
};

}  // namespace interleave::processes
