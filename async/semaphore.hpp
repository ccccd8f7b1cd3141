// Semaphores that suspend the coroutine that finds no permit.
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/experimental/channel.hpp>
#include <boost/system/error_code.hpp>

#include "async/loop.hpp"
#include "async/task.hpp"
#include "common/adaptive_limit.hpp"

namespace interleave::async {

/// A channel of nothing with `permits` places: who puts something in holds a
/// permit, and those that find no place are served first in, first out.
///
/// Thread safety: the loop's thread only.
class Semaphore {
 public:
  explicit Semaphore(unsigned permits) : taken_(Loop::current(), permits) {}

  /// Suspends until a permit is free.
  Task<> acquire() {
    co_await taken_.async_send(boost::system::error_code(), asio::deferred);
  }

  /// Gives one back; the first that waits resumes later, not in here.
  void release() {
    taken_.try_receive([](boost::system::error_code) {});
  }

 private:
  asio::experimental::basic_channel<Executor,
                                    asio::experimental::channel_traits<>,
                                    void(boost::system::error_code)>
      taken_;
};

/// The same, with as many permits as an adaptive limit allows; a channel's
/// places cannot change. When the limit falls, permits that are taken stay so
/// until they come back. Who waits is not served in any order.
///
/// Thread safety: the loop's thread only.
class AdaptiveSemaphore {
 public:
  /// `options` must outlive the semaphore.
  explicit AdaptiveSemaphore(const Options& options)
      : limit_(options),
        may_go_on_(Loop::current(), Clock::time_point::max()) {}

  /// Suspends until a permit is free.
  Task<> acquire() {
    while (taken_ >= limit_.current())
      co_await may_go_on_.async_wait(asio::as_tuple(asio::deferred));
    ++taken_;
  }

  /// Gives one back, and says what became of the item that had it.
  void release(const Result& result) {
    --taken_;
    limit_.observe(result);
    if (taken_ < limit_.current()) may_go_on_.cancel();
  }

 private:
  AdaptiveLimit limit_;
  unsigned taken_ = 0;
  // A condition variable: a wait that only cancellation ends.
  Timer may_go_on_;
};

}  // namespace interleave::async
