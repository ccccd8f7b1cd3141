// Semaphore that blocks, with as many permits as an adaptive limit allows.
#pragma once

#include <condition_variable>
#include <mutex>

#include "common/adaptive_limit.hpp"

namespace interleave {

/// The standard library's has a fixed number of permits.
///
/// Thread safety: any number of threads.
/// Invariants: no permit is given while as many are taken as the limit allows.
/// When it falls, permits that are taken stay so until they come back.
class AdaptiveSemaphore {
 public:
  /// `options` must outlive the semaphore.
  explicit AdaptiveSemaphore(const Options& options) : limit_(options) {}

  /// Blocks until a permit is free.
  void acquire() {
    std::unique_lock lock(mutex_);
    may_go_on_.wait(lock, [&] { return taken_ < limit_.current(); });
    ++taken_;
  }

  /// Gives one back, and says what became of the item that had it.
  void release(const Result& result) {
    {
      const std::lock_guard lock(mutex_);
      --taken_;
      limit_.observe(result);
    }
    may_go_on_.notify_all();
  }

 private:
  std::mutex mutex_;  // guards the two below
  AdaptiveLimit limit_;
  unsigned taken_ = 0;
  std::condition_variable may_go_on_;
};

}  // namespace interleave
