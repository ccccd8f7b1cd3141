// A semaphore that suspends the coroutine that finds no permit.
#pragma once

#include <boost/asio/experimental/channel.hpp>
#include <boost/system/error_code.hpp>

#include "async/loop.hpp"
#include "async/task.hpp"

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

}  // namespace interleave::async
