// Coroutines that wait for a time, all of them with one timer.
#pragma once

#include <memory>
#include <vector>

#include "async/completion.hpp"
#include "async/task.hpp"
#include "common/item.hpp"
#include "common/result.hpp"

namespace interleave::async {

/// A timer for each would take as much memory again as its coroutine.
///
/// Thread safety: the loop's thread only.
/// Invariants: outlives every sleep.
class TimerQueue {
 public:
  TimerQueue();
  ~TimerQueue();
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  /// Suspends for `time`. `into` has completed then, or failed, cancelled,
  /// when cancel_all() cut it short.
  Task<> sleep(Clock::duration time, Download& into);

  void cancel_all();

 private:
  struct Sleeper {
    Clock::time_point end;
    WaitingPtr<bool> waiting;
  };
  struct Begin;

  static bool ends_later(const Sleeper& one, const Sleeper& other);
  WaitingPtr<bool> take_first();
  void arm();
  void arm_or_cancel();
  void wake();

  std::vector<Sleeper> heap_;  // the next to end is in front
  Timer timer_;
  Clock::time_point armed_for_ = Clock::time_point::max();

  // A handler on its way when this ends finds it empty.
  std::shared_ptr<TimerQueue*> self_;
};

}  // namespace interleave::async
