// The event loop: entered in one place, found from everywhere on its thread.
#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include "async/lag.hpp"
#include "async/task.hpp"
#include "common/usage.hpp"

namespace interleave::async {

/// Thread safety: one thread, the one that made it.
/// Invariants: at most one loop a thread. A second one inside the first would
/// block it, and with it what the second waits for.
class Loop {
 public:
  /// Throws std::logic_error when a loop already runs on this thread.
  Loop() {
    if (current_)
      throw std::logic_error(
          "an event loop already runs on this thread: co_await the task "
          "instead of entering a second loop");
    current_ = this;
  }
  ~Loop() { current_ = nullptr; }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Notes in loop_lags() how late the loop comes to what is due, from now on.
  void watch_lag() { probe_.emplace(context_.get_executor(), loop_lags()); }

  /// Runs `task`, and what it starts, until it has returned. Rethrows what it
  /// throws, or what give_up() was given, at once: what still waits is not
  /// resumed any more, and goes with the loop. So throws the loop itself, when
  /// the system has no memory or descriptor for a wait.
  template <class T>
  T run(Task<T> task) {
    auto open = asio::make_work_guard(context_);
    std::optional<T> value;
    asio::co_spawn(context_, enter(std::move(task), value),
                   [&](const std::exception_ptr&) {
                     open.reset();
                     if (probe_) probe_->stop();
                   });
    context_.run();
    if (error_) std::rethrow_exception(error_);
    return *std::move(value);
  }

  /// Ends the loop of this thread because a task cannot go on and others may
  /// wait for it; the first error is the one that run() rethrows.
  static void give_up(std::exception_ptr error) noexcept {
    if (!current_->error_) current_->error_ = std::move(error);
    current_->context_.stop();
  }

  /// The loop of this thread, which must be in one: what queues, groups and
  /// sessions made inside a task belong to.
  static Executor current() { return current_->context_.get_executor(); }

 private:
  template <class T>
  static Task<> enter(Task<T> task, std::optional<T>& value) {
    try {
      value = co_await std::move(task);
    } catch (...) {
      give_up(std::current_exception());
    }
  }

  static inline thread_local Loop* current_ = nullptr;

  asio::io_context context_{1};  // one thread will run it
  std::optional<LagProbe> probe_;
  std::exception_ptr error_;
};

}  // namespace interleave::async
