// Semaphore that blocks, with as many permits as an adaptive limit allows.
#pragma once

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <semaphore>

#include "common/adaptive_limit.hpp"

namespace interleave {

/// The standard library's, which gets more permits when the limit rises, and
/// gets fewer back when it has fallen: permits that are taken stay so until
/// they come back.
///
/// Thread safety: any number of threads.
/// Invariants: no permit is given while as many are taken as the limit allows.
class AdaptiveSemaphore {
 public:
  /// `options` must outlive the semaphore.
  explicit AdaptiveSemaphore(const Options& options)
      : limit_(options), permits_(limit_.current()) {}

  /// Blocks until a permit is free.
  void acquire() { permits_.acquire(); }

  /// Gives one back, and says what became of the item that had it.
  void release(const Result& result) {
    std::ptrdiff_t back = 1;
    {
      const std::lock_guard lock(mutex_);
      back -= limit_.current() + owed_;
      limit_.observe(result);
      back += limit_.current();
      owed_ = std::max<std::ptrdiff_t>(-back, 0);
    }
    if (back > 0) permits_.release(back);
  }

 private:
  std::mutex mutex_;  // guards the two below
  AdaptiveLimit limit_;
  std::ptrdiff_t owed_ = 0;  // permits that are not to come back
  std::counting_semaphore<> permits_;
};

}  // namespace interleave
