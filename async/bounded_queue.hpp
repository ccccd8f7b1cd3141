// A bounded queue that suspends: a full one makes the producer wait.
#pragma once

#include <algorithm>
#include <boost/asio/experimental/channel.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <optional>
#include <utility>

#include "async/loop.hpp"
#include "async/task.hpp"

namespace interleave::async {

/// Thread safety: the loop's thread only; any number of coroutines.
/// Invariants: never holds more than its capacity; hands out in the order it
/// was given; after close() what it holds is still handed out, then nothing.
template <class T>
class BoundedQueue {
 public:
  /// A capacity of 0 counts as 1: the end marker needs a place.
  explicit BoundedQueue(std::size_t capacity)
      : channel_(Loop::current(), std::max<std::size_t>(capacity, 1)) {}

  /// Suspends while the queue is full.
  Task<> push(T value) { co_await send(std::move(value)); }

  /// Suspends while the queue is empty; nothing once it is closed and empty.
  Task<std::optional<T>> pop() {
    std::optional<T> value = co_await channel_.async_receive(asio::deferred);
    // The end marker goes on to the next consumer, into the place it left.
    if (!value) channel_.try_send(boost::system::error_code(), std::nullopt);
    co_return value;
  }

  /// Nothing more will be pushed. In band, because closing a channel drops
  /// what it holds.
  Task<> close() { co_await send(std::nullopt); }

 private:
  auto send(std::optional<T> value) {
    return channel_.async_send(boost::system::error_code(), std::move(value),
                               asio::deferred);
  }

  asio::experimental::basic_channel<
      Executor, asio::experimental::channel_traits<>,
      void(boost::system::error_code, std::optional<T>)>
      channel_;
};

}  // namespace interleave::async
