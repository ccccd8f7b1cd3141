// Processing off the loop, so that it does not hold the loop up.
#pragma once

#include "async/pool.hpp"
#include "async/session.hpp"
#include "async/task.hpp"
#include "common/item.hpp"
#include "common/result.hpp"

namespace interleave::async {

/// A pool of Options::cores threads that process while the loop goes on. What
/// an item sends afterwards goes through the session, on the loop.
///
/// Thread safety: the loop's thread only; the pool's threads touch nothing but
/// the item they were given.
class ComputePool {
 public:
  /// `session` must outlive the pool. Throws std::system_error when the system
  /// refuses the threads.
  explicit ComputePool(Session& session)
      : session_(session), pool_(session.options().cores) {}

  /// As interleave::process, computing on a thread of the pool; suspends until
  /// all of it is done and resumes on the loop.
  Task<Result> process(const Item& item, Download download);

 private:
  Task<Result> do_process(const Item& item, Download download);

  Session& session_;
  Pool pool_;
};

}  // namespace interleave::async
