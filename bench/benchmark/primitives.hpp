// The primitives every model is built of, each to be measured by itself.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "bench/benchmark/cost.hpp"

namespace interleave {

struct Primitive {
  std::string_view name;  ///< `start/thread`: what is done, and in which model
  std::string_view what;  ///< in words, for a table
  std::size_t count;      ///< operations in a batch
  /// Measures a batch of `count`, in the process it is called in, which it may
  /// leave with threads running.
  Cost (*measure)(std::size_t count);
};

/// In the order of a table. Those whose name begins with `memory/` say bytes;
/// the others say times, of every thread and process that takes part.
std::span<const Primitive> primitives();

}  // namespace interleave
