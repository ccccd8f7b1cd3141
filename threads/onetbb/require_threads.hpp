// Threads that oneTBB takes for granted, asked for before it is too late.
#pragma once

#include <cstddef>

namespace interleave::onetbb {

/// Throws std::system_error when the system does not grant `threads` threads
/// now. oneTBB starts its workers in the middle of things and has no answer to
/// a refusal: it aborts, or waits for ever for a worker that never comes.
///
/// Costs their start and end, once for each new maximum: afterwards oneTBB has
/// them. Thread safety: one thread at a time.
void require_threads(std::size_t threads);

}  // namespace interleave::onetbb
