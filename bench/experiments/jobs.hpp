// What batch-gather tells after each batch.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "common/trace.hpp"

namespace interleave::experiments {

/// `Completed 10 out of 25 tasks`, once for each batch, at the moment its last
/// item finished; says so when an item of a later batch had started before.
std::vector<std::string> batch_lines(const Trace& trace,
                                     std::size_t batch_size);

}  // namespace interleave::experiments
