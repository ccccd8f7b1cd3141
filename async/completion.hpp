// A coroutine that waits for a value which somebody else will bring.
#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <memory>
#include <utility>

#include "async/task.hpp"

namespace interleave::async {

/// Whatever the type of its handler.
template <class Value>
struct Completion {
  virtual ~Completion() = default;
  /// Resumes the coroutine, here and now.
  virtual void resume(Value value) = 0;
};

template <class Value>
using WaitingPtr = std::unique_ptr<Completion<Value>>;

/// What suspend() hands to Asio: wraps the handler and passes it on.
template <class Value, class Begin>
struct Suspension {
  template <class Handler>
  void operator()(Handler handler) const {
    struct Resumes final : Completion<Value> {
      explicit Resumes(Handler it) : handler(std::move(it)) {}
      void resume(Value value) override { std::move(handler)(value); }
      Handler handler;
    };
    (*begin)(std::make_unique<Resumes>(std::move(handler)));
  }
  Begin* begin;
};

/// Suspends the coroutine that awaits it; `begin` is given who waits, and must
/// outlive the await.
template <class Value, class Begin>
auto suspend(Begin& begin) {
  const Suspension<Value, Begin> suspension{&begin};
  return asio::async_initiate<const asio::deferred_t, void(Value)>(
      suspension, asio::deferred);
}

}  // namespace interleave::async
