// Threads beside the loop, for what would hold it up.
#pragma once

#include <boost/asio/thread_pool.hpp>
#include <thread>
#include <vector>

#include "async/task.hpp"

namespace interleave::async {

/// Asio's thread_pool makes its threads itself, and waits for ever for the
/// first ones when a later one is refused. These are made here, and lent to it.
///
/// Thread safety: any thread may post to it.
/// Invariants: work that has begun is waited for by the destructor; what has
/// not begun never does.
class Pool {
 public:
  /// `count` threads, or as many as the system grants. Throws std::system_error
  /// when it grants none.
  explicit Pool(unsigned count);
  ~Pool() { pool_.stop(); }
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  auto get_executor() { return pool_.get_executor(); }

 private:
  asio::thread_pool pool_{0};
  std::vector<std::jthread> threads_;
};

}  // namespace interleave::async
