// A set of coroutines joined together: no task outlives its group.
#pragma once

#include <cstddef>
#include <exception>
#include <type_traits>

#include "async/task.hpp"

namespace interleave::async {

/// Thread safety: the loop's thread only.
/// Invariants: joined before it is destroyed. A coroutine cannot be waited for
/// in a destructor, so an exception between the first spawn and the join ends
/// the loop: no task is resumed any more. So does a task that is left by an
/// exception before the join, which others may wait for.
class Group {
 public:
  Group();
  ~Group();
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  /// Runs `task` here and now, up to its first suspension.
  void spawn(Task<> task);

  /// Spawns `count` of what `task` makes of `arguments`, which outlive the
  /// group.
  template <class... Arguments>
  void spawn(unsigned count, Task<> (*task)(Arguments...),
             std::type_identity_t<Arguments>... arguments) {
    for (unsigned i = 0; i < count; ++i) spawn(task(arguments...));
  }

  /// Suspends until every task ended, then rethrows the first exception one
  /// left by.
  Task<> join();

 private:
  void ended(const std::exception_ptr& error);

  std::size_t running_ = 0;
  bool joins_ = false;
  std::exception_ptr first_error_;
  // A condition variable: a wait that only cancellation ends.
  Timer all_ended_;
};

}  // namespace interleave::async
