// Semaphores whose permits come back with the children's results.
#pragma once

#include "common/adaptive_limit.hpp"
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

/// The same, with as many permits as an adaptive limit allows. When it falls,
/// permits that are taken stay so until they come back. Thread safety: the
/// forking thread only.
class AdaptiveSemaphore {
 public:
  /// Both must outlive the semaphore.
  AdaptiveSemaphore(const Options& options, Group& group)
      : limit_(options), group_(group) {}

  /// Blocks until a permit is free, listening to the children meanwhile.
  void acquire() {
    while (taken_ >= limit_.current()) group_.wait();
    ++taken_;
  }

  /// Gives one back, and says what became of the item that had it.
  void release(const Result& result) {
    --taken_;
    limit_.observe(result);
  }

 private:
  AdaptiveLimit limit_;
  unsigned taken_ = 0;
  Group& group_;
};

}  // namespace interleave::processes
