// The job itself, the same in every model: download, then process.
#pragma once

#include "common/item.hpp"
#include "common/options.hpp"
#include "common/result.hpp"
#include "common/session.hpp"

namespace interleave {

/// Blocks until the item's bytes are here, or it failed. A failure is data in
/// the result, never an exception. Skips the item when the run was stopped.
Download download(const Item& item, Session& session) noexcept;

/// Verifies what came and does the item's processing. Blocks, computing.
Result process(const Item& item, Download download,
               const Options& options) noexcept;

/// Both, one after the other, on this thread.
Result run_item(const Item& item, Session& session) noexcept;

// What a download opens and closes with in every model, also in one that
// suspends where the others block.

/// True once nothing new may start; the item's download is then skipped().
bool stopped(const Options& options) noexcept;
Download skipped();

/// Counts the item as begun and returns the moment.
Clock::time_point begin_download(const Options& options) noexcept;

/// Stamps the result and says whose lane it was.
void end_download(Result& result, Clock::time_point started) noexcept;

/// Counts the item's outcome, once, and stops the run at the first failure if
/// that is its policy. process() does it; whoever gives an item up does too.
void announce(const Result& result, const Options& options) noexcept;

/// The result of an item for which an exception was thrown.
Result thrown(const char* what) noexcept;

}  // namespace interleave
