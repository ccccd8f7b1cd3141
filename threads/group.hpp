// A set of threads joined together: no task outlives its group.
#pragma once

#include <condition_variable>
#include <exception>
#include <functional>
#include <list>
#include <mutex>
#include <thread>
#include <tuple>
#include <type_traits>

#include "threads/bounded_queue.hpp"

namespace interleave::threads {

/// Thread safety: spawn and join belong to the thread that made the group.
/// Invariants: a thread that ended is joined at the next spawn, so the group
/// holds the stacks of running threads only; the destructor waits for all.
class Group {
 public:
  Group() = default;
  ~Group();
  Group(const Group&) = delete;
  Group& operator=(const Group&) = delete;

  /// Starts `task` on a thread of its own. When the system refuses a thread,
  /// waits for one of the group to end and tries again; with none to wait for
  /// runs `task` here and now. Refused the very first one, throws
  /// std::system_error or std::bad_alloc: nothing has begun.
  void spawn(const std::function<void()>& task);

  /// Starts `work(inbox, arguments...)` on `count` threads, or on as many as
  /// the system grants; throws as above when it grants none. The
  /// arguments outlive the group. When the group is left by an exception
  /// instead of a join, or its last worker by one, the inbox is abandoned:
  /// neither its workers nor who fills it would ever stop waiting.
  template <class T, class... Arguments>
  void spawn(unsigned count, void (*work)(BoundedQueue<T>&, Arguments...),
             BoundedQueue<T>& inbox,
             std::type_identity_t<Arguments>... arguments) {
    abandon_ = [&inbox] { inbox.cancel(); };
    // A tuple keeps references what they are; a lambda would copy through them.
    const std::tuple<BoundedQueue<T>&, Arguments...> all(inbox, arguments...);
    start_workers(count, [work, all] { std::apply(work, all); });
  }

  /// Waits for every task, then rethrows the first exception one left by.
  void join();

 private:
  using Threads = std::list<std::thread>;

  void start(std::function<void()> task);
  void start_workers(unsigned count, const std::function<void()>& task);
  void run(const std::function<void()>& task, Threads::iterator self);
  void wait_for_all();
  void join_ended();

  bool spawned_ = false;  // the first task has got its thread

  std::mutex mutex_;  // guards the rest
  std::condition_variable one_ended_;
  Threads running_;
  Threads ended_;  // past their task: joining one takes no time
  std::exception_ptr first_error_;
  std::function<void()> abandon_;
};

}  // namespace interleave::threads
