#include "async/timer_queue.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "async/loop.hpp"
#include "common/waiting.hpp"

namespace interleave::async {

namespace {

/// Woken at a time; whatever else is ready comes in between.
constexpr int most_at_once = 64;

}  // namespace

struct TimerQueue::Begin {
  void operator()(WaitingPtr<bool> waiting) {
    timers->heap_.push_back({end, std::move(waiting)});
    std::ranges::push_heap(timers->heap_, &TimerQueue::ends_later);
    timers->arm_or_cancel();
  }
  TimerQueue* timers;
  Clock::time_point end;
};

TimerQueue::TimerQueue()
    : timer_(Loop::current()), self_(std::make_shared<TimerQueue*>(this)) {}

TimerQueue::~TimerQueue() {
  *self_ = nullptr;
}

Task<> TimerQueue::sleep(Clock::duration time, Download& into) {
  Begin begin{this, Clock::now() + time};
  const bool whole = co_await suspend<bool>(begin);
  into = without_body(whole ? Error() : cancelled());
}

bool TimerQueue::ends_later(const Sleeper& one, const Sleeper& other) {
  return one.end > other.end;
}

WaitingPtr<bool> TimerQueue::take_first() {
  std::ranges::pop_heap(heap_, &TimerQueue::ends_later);
  WaitingPtr<bool> first = std::move(heap_.back().waiting);
  heap_.pop_back();
  return first;
}

/// A timer that rings too early only looks again, so an armed one is left
/// alone unless somebody ends before.
void TimerQueue::arm() {
  if (heap_.empty() || heap_.front().end >= armed_for_) return;
  timer_.expires_at(heap_.front().end);
  armed_for_ = Clock::time_point::max();
  timer_.async_wait([token = self_](const boost::system::error_code& error) {
    TimerQueue* const timers = *token;
    if (error || !timers) return;
    timers->armed_for_ = Clock::time_point::max();
    timers->wake();
  });
  armed_for_ = heap_.front().end;
}

/// Without memory for the wait nobody would be woken.
void TimerQueue::arm_or_cancel() {
  try {
    arm();
  } catch (const std::exception&) {
    cancel_all();
  }
}

/// The last that is woken may end this.
void TimerQueue::wake() {
  const std::shared_ptr<TimerQueue*> token = self_;
  const auto now = Clock::now();
  for (int i = 0; i < most_at_once; ++i) {
    if (heap_.empty() || heap_.front().end > now) break;
    take_first()->resume(true);
    if (!*token) return;
  }
  arm_or_cancel();
}

void TimerQueue::cancel_all() {
  const std::shared_ptr<TimerQueue*> token = self_;
  while (!heap_.empty()) {
    take_first()->resume(false);
    if (!*token) return;
  }
}

}  // namespace interleave::async
