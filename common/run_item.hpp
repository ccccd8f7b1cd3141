// The job itself, the same in every model: download, then process.
#pragma once

#include <optional>

#include "common/item.hpp"
#include "common/options.hpp"
#include "common/result.hpp"
#include "common/session.hpp"

namespace interleave {

/// Blocks until the item's bytes are here, or it failed. A failure is data in
/// the result, never an exception. Skips the item when the run was stopped.
Download download(const Item& item, Session& session) noexcept;

/// Verifies what came and does the item's processing, then makes its second
/// request, if it has one, through `session`. Blocks.
Result process(const Item& item, Download download, Session& session) noexcept;

/// Both, one after the other, on this thread.
Result run_item(const Item& item, Session& session) noexcept;

/// Blocks for the item's delay, before a producer hands it in; not at all once
/// the run was stopped.
void pause_before(const Item& item, const Options& options);

// The parts they are made of, the same in every model, also in one that
// suspends where the others block.

/// True once nothing new may start.
bool stopped(const Options& options) noexcept;

/// Counts the item as begun and returns the moment; or, when the run was
/// stopped, marks it as skipped and returns nothing.
std::optional<Clock::time_point> begin_download(
    Result& result, const Options& options) noexcept;

/// Stamps the result and says whose lane it was.
void end_download(Result& result, Clock::time_point started) noexcept;

/// The part of process() that computes, in place: verifies, then does the
/// item's rounds and its work, and lets go of the body. What it throws fails
/// the item.
void compute_result(const Item& item, Download& download) noexcept;

/// Whether the item's second request is due: it has one, and has not failed.
bool sends(const Item& item, const Result& result) noexcept;

/// Fails a completed result; an error of kind none leaves it as it is.
void fail(Result& result, Error error) noexcept;

/// Stamps the result, whatever it is by now, and announces it.
void finish(Result& result, const Options& options) noexcept;

/// Counts the item's outcome, once, and stops the run at the first failure if
/// that is its policy. finish() does it; whoever gives an item up does too.
/// Does nothing in a process that leaves it to its parent.
void report_outcome(const Result& result, const Options& options) noexcept;

/// For a worker process: its parent announces what it has received. Both doing
/// it would count an item twice whose worker dies in between.
void leave_announcing_to_parent() noexcept;

/// The result of an item for which an exception was thrown.
Result thrown(const char* what) noexcept;

}  // namespace interleave
