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
    if (here_)
      throw std::logic_error(
          "an event loop already runs on this thread: co_await the task "
          "instead of entering a second loop");
    here_ = this;
  }
  ~Loop() { here_ = nullptr; }
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Notes in loop_lags() how late the loop comes to what is due, from now on.
  void watch_lag() { probe_.emplace(context_.get_executor(), loop_lags()); }

  /// Runs `task`, and what it starts, until it has returned; rethrows what it
  /// throws.
  template <class T>
  T run(Task<T> task) {
    auto open = asio::make_work_guard(context_);
    std::optional<T> value;
    std::exception_ptr error;
    asio::co_spawn(context_, std::move(task),
                   [&](std::exception_ptr thrown, T returned) {
                     error = thrown;
                     value = std::move(returned);
                     open.reset();
                     if (probe_) probe_->stop();
                   });
    context_.run();
    if (error) std::rethrow_exception(error);
    return *std::move(value);
  }

  /// The loop of this thread, which must be in one: what queues, groups and
  /// sessions made inside a task belong to.
  static Executor here() { return here_->context_.get_executor(); }

 private:
  static inline thread_local Loop* here_ = nullptr;

  asio::io_context context_{1};  // one thread will run it
  std::optional<LagProbe> probe_;
};

}  // namespace interleave::async
