// What something costs, measured in a fresh child process.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>

#include "common/usage.hpp"

namespace interleave {

/// Of a batch of operations, all of them together.
struct Cost {
  std::chrono::nanoseconds wall{};
  CpuTime cpu;            ///< children that were waited for included
  double bytes = 0;       ///< resident memory, where that is the question
  std::size_t count = 0;  ///< operations; 0: it went wrong
};

/// Runs `batch`, `count` operations, and says what they took.
Cost cost_of(std::size_t count, const std::function<void()>& batch);

/// Calls `measure` in a child of its own, as every cell is measured: it starts
/// threads, and what is forked later must not know of them. Kills a child that
/// takes longer than a minute. The caller must have one thread. Throws
/// InfrastructureError when the child dies, hangs or says that it went wrong.
Cost in_fresh_child(const std::function<Cost()>& measure);

}  // namespace interleave
