// What a coroutine of this model is.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/io_context.hpp>

#include "common/item.hpp"

namespace interleave::async {

namespace asio = boost::asio;

/// The loop's own executor type, not any_io_executor: nothing is erased, so
/// nothing is paid for it on each resumption.
using Executor = asio::io_context::executor_type;

/// The clock of the stamps, on the loop.
using Timer =
    asio::basic_waitable_timer<Clock, asio::wait_traits<Clock>, Executor>;

/// A coroutine on the loop. House rule: coroutines are free functions or
/// members that take named values; a lambda's captures would be gone by the
/// time it resumes, and g++ 12 destroys temporaries of a co_await twice.
template <class T = void>
using Task = asio::awaitable<T, Executor>;

}  // namespace interleave::async
