// The origin's capacity by the clock: who is served, who waits, who is refused.
#pragma once

#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "bench/grid/capacity.hpp"
#include "bench/origin/connection.hpp"
#include "bench/origin/counters.hpp"

namespace interleave::origin {

/// Thread safety: the server's thread only.
/// Invariants: a connection that is in here lives, and waits.
class Admission {
 public:
  /// `replies`: how many a run asks for (CapacityMachine).
  Admission(const Executor& executor, const Capacity& capacity,
            std::uint64_t replies, Service& service);

  /// The request of `connection`, which takes `time` on a quiet server, and
  /// `bytes` to send; `what` is the same for whoever asks for the same. When it
  /// is served, Connection::admitted() is called, and not from in here.
  CapacityMachine::Answer arrive(std::shared_ptr<Connection> connection,
                                 std::uint64_t what, Clock::duration time,
                                 std::uint64_t bytes, std::uint64_t& ticket);

  /// Its client has gone.
  void leave(std::uint64_t ticket);

  /// Starts from an idle server, full of tokens. Whoever is still in here is
  /// replied to at once.
  void reset();

 private:
  void tell();
  void watch();
  void wake();

  const Capacity capacity_;
  const std::uint64_t replies_;
  Service& service_;
  CapacityMachine machine_;
  Timer timer_;
  Clock::time_point due_ = Clock::time_point::max();  // of the timer
  std::uint64_t tickets_ = 0;
  std::unordered_map<std::uint64_t, std::shared_ptr<Connection>> inside_;
  std::vector<std::shared_ptr<Connection>> left_over_;  // of before a reset
  /// What was refused, and until when it was told to wait.
  std::unordered_map<std::uint64_t, Clock::time_point> not_before_;
};

}  // namespace interleave::origin
