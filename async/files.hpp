// Reading files without holding up the loop.
#pragma once

#include <optional>
#include <string_view>

#include "async/pool.hpp"
#include "async/semaphore.hpp"
#include "async/task.hpp"
#include "common/item.hpp"
#include "common/options.hpp"
#include "common/result.hpp"

namespace interleave::async {

/// How files are read here and now: "io_uring", or "a pool of 4 threads" where
/// `options` want that, or the kernel refuses (a container's seccomp profile,
/// a sysctl, no descriptor left). Asks the kernel, so it takes a moment.
std::string_view file_reading(const Options& options);

/// A file is always ready as far as epoll knows, and a read of it blocks. So
/// the kernel reads it through io_uring, while the sockets stay with epoll; or
/// a few threads do.
///
/// Thread safety: the loop's thread only; the pool's threads touch nothing but
/// the file they were given.
class Files {
 public:
  /// `options` must outlive it. Throws std::system_error when the system
  /// refuses the threads of a pool.
  explicit Files(const Options& options);

  /// Suspends until the whole file is here, or it failed.
  Task<Download> read(const Item& item);

 private:
  Task<Download> read_through_ring(const Item& item);
  Task<Download> read_on_pool(const Item& item);

  const Options& options_;
  std::optional<Pool> pool_;  // empty: the ring
  Semaphore in_ring_;
};

}  // namespace interleave::async
