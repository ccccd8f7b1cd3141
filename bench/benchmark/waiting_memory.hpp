// The memory of a task that waits, in each model.
#pragma once

#include <cstddef>

#include "bench/benchmark/cost.hpp"

namespace interleave {

// Each starts `count` that wait at once, and says what they keep resident.
Cost memory_of_coroutines(std::size_t count);
Cost memory_of_threads(std::size_t count);
Cost memory_of_processes(std::size_t count);

}  // namespace interleave
