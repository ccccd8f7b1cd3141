// Runs as Chrome Trace Events, which ui.perfetto.dev and others draw.
#pragma once

#include "bench/compare/compare.hpp"
#include "bench/measure/context.hpp"
#include "bench/text/output.hpp"

namespace interleave {

/// One trace of each cell that kept one, the last, as the JSON Object Format of
/// the Trace Event Format, written event by event (docs/reference.md). Times
/// are microseconds with three places since the run began, so not a nanosecond
/// is lost; items count from 1.
///
/// A process is a cell. Its first thread is the submission, with a slice of no
/// length where each item was queued; the others are the lanes. A lane that
/// never holds two items at once has a slice for each time it waited or
/// processed. In another one an item starts with a slice of no length, and its
/// processing is a slice unless processing overlaps, too. A flow leads from
/// `queued` to `started`. Beside the threads every item is an asynchronous
/// slice with its parts inside, and two counters say how many items were in
/// flight, and how many were queued or held.
void write_trace_events(const CompareReport& report, const Context& context,
                        const Sink& sink);

}  // namespace interleave
