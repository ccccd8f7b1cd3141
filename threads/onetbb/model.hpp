// The oneTBB model: tasks are scheduled onto the library's worker threads.
#pragma once

#include <oneapi/tbb/concurrent_queue.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>

#include <algorithm>
#include <cstddef>
#include <latch>
#include <semaphore>
#include <utility>

#include "common/adaptive_semaphore.hpp"
#include "common/item.hpp"
#include "common/options.hpp"
#include "common/result.hpp"
#include "common/run_item.hpp"
#include "common/session.hpp"
#include "threads/onetbb/require_threads.hpp"

namespace interleave::onetbb {

Results gather(Workload items, const Options& options);
Results semaphore(Workload items, const Options& options);
Results queue(Workload items, const Options& options);
Results batches(Workload items, const Options& options);
Results pipeline(Workload items, const Options& options);
Results producers(Workload items, const Options& options);
Results adaptive(Workload items, const Options& options);

/// The standard library's: the loop that finds no permit blocks.
using Semaphore = std::counting_semaphore<>;

/// A set of tasks on worker threads of their own, joined together. oneTBB is
/// made for tasks that compute and silently keeps to one thread per core; ours
/// block on transfers, so the arena asks for as many threads as tasks.
///
/// Thread safety: spawn and join belong to the thread that made the group.
class Group {
 public:
  explicit Group(std::size_t threads)
      : threads_(threads),
        lift_(tbb::global_control::max_allowed_parallelism, threads + 1),
        arena_(static_cast<int>(std::max<std::size_t>(threads, 1)), 0) {}
  ~Group() { tasks_.wait(); }

  /// Enqueued, not spawned: tasks start first in, first out. Throws
  /// std::system_error when the system has not the threads of the group.
  template <class Task>
  void spawn(Task task) {
    require_threads(threads_);
    arena_.enqueue(tasks_.defer(std::move(task)));
  }

  /// Waits for every task, then rethrows the first exception one left by.
  void join() { tasks_.wait(); }

 private:
  const std::size_t threads_;
  tbb::global_control lift_;
  tbb::task_arena arena_;
  tbb::task_group tasks_;
};

/// Runs `body` on the calling thread inside an arena with `threads` more. A
/// flow graph made in there runs its nodes on them.
template <class Body>
void within_arena(std::size_t threads, Body body) {
  require_threads(threads);
  const tbb::global_control lift(tbb::global_control::max_allowed_parallelism,
                                 threads + 1);
  tbb::task_arena arena(static_cast<int>(threads + 1));
  arena.execute(std::move(body));
}

/// oneTBB's bounded queue; a capacity of 0 counts as 1.
template <class T>
class BoundedQueue : public tbb::concurrent_bounded_queue<T> {
 public:
  explicit BoundedQueue(std::size_t capacity) {
    using Size = typename tbb::concurrent_bounded_queue<T>::size_type;
    this->set_capacity(static_cast<Size>(std::max<std::size_t>(capacity, 1)));
  }
};

}  // namespace interleave::onetbb
