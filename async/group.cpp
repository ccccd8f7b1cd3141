#include "async/group.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <cassert>
#include <utility>

#include "async/loop.hpp"

namespace interleave::async {

Group::Group() : all_ended_(Loop::here(), Clock::time_point::max()) {}

Group::~Group() {
  assert(running_ == 0 && "a group is joined first");
}

void Group::spawn(Task<> task) {
  ++running_;
  asio::co_spawn(all_ended_.get_executor(), std::move(task),
                 [this](std::exception_ptr error) { ended(error); });
}

Task<> Group::join() {
  // The last task may have ended before the wait begins: ask, then wait.
  while (running_ > 0)
    co_await all_ended_.async_wait(asio::as_tuple(asio::deferred));
  if (first_error_) std::rethrow_exception(std::exchange(first_error_, {}));
}

void Group::ended(std::exception_ptr error) {
  if (!first_error_) first_error_ = error;
  if (--running_ == 0) all_ended_.cancel();
}

}  // namespace interleave::async
