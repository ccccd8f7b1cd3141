#include "async/group.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <utility>

#include "async/loop.hpp"

namespace interleave::async {

Group::Group() : all_ended_(Loop::current(), Clock::time_point::max()) {}

Group::~Group() {
  // Left by an exception: its tasks must not go on with what goes now.
  if (running_ > 0) all_ended_.get_executor().context().stop();
}

void Group::spawn(Task<> task) {
  ++running_;
  asio::co_spawn(all_ended_.get_executor(), std::move(task),
                 [this](const std::exception_ptr& error) { ended(error); });
}

Task<> Group::join() {
  joins_ = true;
  // The last task may have ended before the wait begins: ask, then wait.
  while (running_ > 0)
    co_await all_ended_.async_wait(asio::as_tuple(asio::deferred));
  if (first_error_) std::rethrow_exception(std::exchange(first_error_, {}));
}

void Group::ended(const std::exception_ptr& error) {
  if (!first_error_) first_error_ = error;
  // It may owe a permit, or be the only one who takes from a full queue.
  if (error && !joins_) Loop::give_up(error);
  if (--running_ == 0) all_ended_.cancel();
}

}  // namespace interleave::async
