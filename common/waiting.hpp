// Waiting that an abort cuts short.
#pragma once

#include <chrono>

#include "common/options.hpp"
#include "common/result.hpp"

namespace interleave {

/// How long a wait may go on after the run was aborted. Whoever waits looks
/// this often, and a wait that is shorter costs nothing more than itself.
constexpr std::chrono::milliseconds abort_latency{200};

inline bool aborted(const Options& options) noexcept {
  return options.control &&
         options.control->abort.load(std::memory_order_relaxed);
}

/// What an item ends with whose transfer or wait was cut short.
Error cancelled();

/// Blocks for `time`; kind none, or cancelled() once the run was aborted.
Error wait_for(Clock::duration time, const Options& options);

}  // namespace interleave
