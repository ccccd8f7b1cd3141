// How late the event loop comes to what is due.
#pragma once

#include <vector>

#include "async/task.hpp"

namespace interleave::async {

/// A timer that rings every half millisecond and notes how late it was heard.
/// Whatever becomes ready meanwhile waits as long. It wakes a loop that would
/// sleep, so it is for runs that are not counted.
///
/// Thread safety: the thread of the loop.
class LagProbe {
 public:
  /// Begins at once; `lags` outlives it.
  LagProbe(const Executor& executor, std::vector<Clock::duration>& lags);

  /// The loop may come to its end. The probe stays until it has: a handler may
  /// be on its way.
  void stop();

 private:
  void arm();

  std::vector<Clock::duration>& lags_;
  Timer timer_;
  bool stopped_ = false;
};

}  // namespace interleave::async
