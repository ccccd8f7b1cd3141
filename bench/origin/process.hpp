// The origin in a process of its own, so that its work is billed to nobody.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bench/origin/counters.hpp"
#include "bench/origin/settings.hpp"
#include "bench/text/shared_memory.hpp"

namespace interleave::origin {

/// A child process that serves until this object ends or its parent dies.
///
/// Fork-safe: create it while the process has one thread, which must outlive
/// it (the kernel ends the child with the thread that forked it). Children
/// forked later may read the counters; only the creator ends the origin.
///
/// Thread safety: one thread at a time, but for counters() and held().
class Process {
 public:
  /// Returns once the origin listens. Throws std::runtime_error with a text
  /// for the user when it cannot.
  explicit Process(const Settings& settings = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  const std::string& address() const { return address_; }
  std::uint16_t port() const { return port_; }
  pid_t pid() const { return pid_; }

  /// `http://127.0.0.1:40123` and `path`, which starts with '/'. At the `nth`
  /// of its addresses, from 0; behind the last comes the first again.
  std::string url(std::string_view path, std::size_t nth = 0) const;

  /// A url whose connection is refused: the origin holds the port and does not
  /// listen there.
  std::string refused_url() const;

  /// Counted as it happens; reading it costs the origin nothing.
  Counters& counters() { return shared_->counters; }
  const Counters& counters() const { return shared_->counters; }

  /// CPU time, user and system, since the origin was started. Stays at its
  /// last value once exited() has seen the end.
  std::chrono::nanoseconds cpu() const;

  /// Bit `id` is set while a request for `/gated/id` is held.
  std::uint64_t held() const;

  /// Waits until all of `ids` (a bitmap) are held; false when `timeout` has
  /// passed before.
  bool wait_until_held(std::uint64_t ids,
                       std::chrono::milliseconds timeout) const;

  /// Sends the longest held reply for `/gated/id`. Does nothing if none is
  /// held when the origin hears of it. Throws std::runtime_error when the
  /// origin is gone.
  void release(std::uint64_t id);

  /// nullopt while the origin lives, else how it ended: "origin exited
  /// (SIGKILL)". Does not block.
  std::optional<std::string> exited();

 private:
  struct Shared {
    Counters counters;
    Gate gate;
  };

  void start(const Settings& settings);
  void hear_from_child();
  bool reap(int options);
  void stop() noexcept;

  SharedMemory<Shared> shared_;
  std::string address_;
  unsigned addresses_;
  std::uint16_t port_ = 0;
  std::uint16_t refused_port_ = 0;
  int control_ = -1;
  pid_t creator_ = 0;
  pid_t pid_ = 0;
  bool reaped_ = false;
  int exit_status_ = 0;
  mutable std::chrono::nanoseconds cpu_{};
};

}  // namespace interleave::origin
