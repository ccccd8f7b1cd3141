// A bounded queue between threads: a full one makes the producer wait.
#pragma once

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace interleave::threads {

/// Thread safety: any number of producers and consumers.
/// Invariants: never holds more than its capacity; hands out in the order it
/// was given; after close() what it holds is still handed out, then nothing.
template <class T>
class BoundedQueue {
 public:
  /// A capacity of 0 counts as 1: with no place nothing could ever pass.
  explicit BoundedQueue(std::size_t capacity)
      : capacity_(std::max<std::size_t>(capacity, 1)) {}

  /// Blocks while the queue is full. Once it is abandoned, drops the value.
  void push(T value) {
    std::unique_lock lock(mutex_);
    not_full_.wait(lock,
                   [&] { return values_.size() < capacity_ || abandoned_; });
    if (abandoned_) return;
    values_.push_back(std::move(value));
    lock.unlock();
    not_empty_.notify_one();
  }

  /// Blocks while the queue is empty; nothing once it is closed and empty.
  std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    not_empty_.wait(lock, [&] { return !values_.empty() || closed_; });
    if (values_.empty()) return std::nullopt;
    std::optional<T> value(std::move(values_.front()));
    values_.pop_front();
    lock.unlock();
    not_full_.notify_one();
    return value;
  }

  /// Nothing more will be pushed.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
    }
    not_empty_.notify_all();
  }

  /// Nobody takes anything any more: nobody is to wait for that.
  void cancel() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = abandoned_ = true;
    }
    not_empty_.notify_all();
    not_full_.notify_all();
  }

 private:
  const std::size_t capacity_;
  std::mutex mutex_;  // guards the three below
  std::deque<T> values_;
  bool closed_ = false;
  bool abandoned_ = false;
  std::condition_variable not_full_, not_empty_;
};

}  // namespace interleave::threads
