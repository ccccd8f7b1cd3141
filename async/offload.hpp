// Blocking work off the loop, so that it does not hold the loop up.
#pragma once

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

#include "async/pool.hpp"
#include "async/task.hpp"

namespace interleave::async {

/// Calls `work()` on a thread of `pool`; suspends until it is done, resumes on
/// the loop and rethrows what it threw. `work` is the caller's, by name: what
/// it has found out is in there.
template <class Work>
Task<> offload(Pool& pool, Work& work) {
  std::exception_ptr error;
  auto start = [&](auto resume) {
    asio::post(pool.get_executor(), [&, resume = std::move(resume)]() mutable {
      try {
        work();
      } catch (...) {
        error = std::current_exception();
      }
      const auto loop = asio::get_associated_executor(resume);
      asio::post(loop, std::move(resume));
    });
  };
  co_await asio::async_initiate<const asio::deferred_t, void()>(start,
                                                                asio::deferred);
  if (error) std::rethrow_exception(error);
}

}  // namespace interleave::async
