#include "threads/group.hpp"

#include <system_error>
#include <utility>

#include "common/usage.hpp"

namespace interleave::threads {

Group::~Group() {
  if (abandon_) abandon_();
  wait_for_all();
}

void Group::spawn(const std::function<void()>& task) {
  for (bool delayed = false;;) {
    join_ended();
    try {
      start(task);
      spawned_ = true;
      return;
    } catch (const std::exception&) {  // no thread, or no memory for one
      std::unique_lock lock(mutex_);
      const bool alone = running_.empty() && ended_.empty();
      if (alone && !spawned_) throw;
      if (!std::exchange(delayed, true)) ++spawn_failures().tasks;
      if (alone) break;
      one_ended_.wait(lock, [&] { return !ended_.empty(); });
    }
  }
  try {
    task();
  } catch (...) {
    if (!first_error_) first_error_ = std::current_exception();
  }
}

void Group::start_workers(unsigned count, const std::function<void()>& task) {
  for (unsigned started = 0; started < count; ++started) {
    try {
      start(task);
    } catch (const std::exception&) {  // no thread, or no memory for one
      if (started == 0) throw;
      spawn_failures().workers += count - started;
      return;
    }
  }
}

void Group::start(std::function<void()> task) {
  // A thread that ends moves its own node, so the node has to be there first;
  // the lock holds the thread back until its handle is.
  const std::lock_guard lock(mutex_);
  const auto self = running_.emplace(running_.end());
  try {
    *self = std::thread(&Group::run, this, std::move(task), self);
  } catch (const std::system_error& error) {
    running_.erase(self);
    throw std::system_error(
        error.code(), "cannot start a thread (a smaller limit needs fewer)");
  } catch (...) {  // std::thread allocates: std::bad_alloc
    running_.erase(self);
    throw;
  }
}

void Group::join() {
  wait_for_all();
  if (first_error_) std::rethrow_exception(std::exchange(first_error_, {}));
}

void Group::run(const std::function<void()>& task, Threads::iterator self) {
  std::exception_ptr error;
  try {
    task();
  } catch (...) {
    error = std::current_exception();
  }

  const std::lock_guard lock(mutex_);
  if (!first_error_) first_error_ = error;
  ended_.splice(ended_.end(), running_, self);
  if (error && running_.empty() && abandon_) abandon_();
  one_ended_.notify_one();
}

void Group::wait_for_all() {
  {
    std::unique_lock lock(mutex_);
    one_ended_.wait(lock, [&] { return running_.empty(); });
  }
  join_ended();
}

void Group::join_ended() {
  Threads ended;
  {
    const std::lock_guard lock(mutex_);
    ended.swap(ended_);
  }
  for (std::thread& thread : ended) thread.join();
}

}  // namespace interleave::threads
