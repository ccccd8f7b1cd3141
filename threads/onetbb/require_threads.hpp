// Threads that oneTBB takes for granted, asked for before it is too late.
#pragma once

#include <cstddef>

namespace interleave::onetbb {

/// Throws std::system_error when the system does not grant `threads` threads
/// now. oneTBB starts its workers in the middle of things and has no answer to
/// a refusal: it aborts, or waits for ever for a worker that never comes.
///
/// Makes room for them in the library, too, which otherwise has room for what
/// its first arena in this process asked for, or for 256. If that was less, the
/// library is ended and begins again: throws std::logic_error while a group or
/// an arena keeps it from ending. So ask for the most first.
///
/// Costs their start and end, once for each new maximum: afterwards oneTBB has
/// them. Thread safety: one thread at a time, in no task of oneTBB's.
void require_threads(std::size_t threads);

}  // namespace interleave::onetbb
