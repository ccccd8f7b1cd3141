// Exit statuses of the programs.
#pragma once

/// The exit statuses; docs/reference.md has the list.
namespace interleave::status {
inline constexpr int success = 0;         ///< all completed and verified
inline constexpr int failed_items = 1;    ///< some failed, or did not verify
inline constexpr int usage = 2;           ///< or a bad input file
inline constexpr int infrastructure = 3;  ///< the measurement itself failed
inline constexpr int regression = 4;      ///< a cell became slower
inline constexpr int output = 5;          ///< a result could not be written
inline constexpr int interrupted = 128;   ///< plus the signal's number
}  // namespace interleave::status
