// Who switches between tasks, as it can be read off a trace.
#pragma once

#include <cstddef>

#include "common/trace.hpp"

namespace interleave::experiments {

/// Most items being processed at once. Tasks that only switch where they say
/// so are never two at a time.
std::size_t peak_processing(const Trace& trace);

}  // namespace interleave::experiments
