// What happens in a queue, as it can be read off a trace.
#pragma once

#include <cstddef>
#include <vector>

#include "common/trace.hpp"

namespace interleave::experiments {

/// How long each completed item sat in the queue.
std::vector<Clock::duration> hand_overs(const Trace& trace);

/// How many items sat in it at that moment.
std::size_t queue_size_at(const Trace& trace, Clock::time_point moment);

}  // namespace interleave::experiments
