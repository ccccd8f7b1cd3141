// Runs as pictures for a terminal: boxes of waiting and processing, in rows.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "bench/text/terminal.hpp"
#include "common/trace.hpp"

namespace interleave {

struct Timeline {
  std::string title;
  const Trace* trace = nullptr;  ///< outlives the drawing
};

/// Timelines that are looked at together: they share one time axis, that of
/// the longest.
struct TimelineGroup {
  std::string heading;  ///< may be empty
  std::vector<Timeline> timelines;
};

/// The groups one below the other, with one legend at the end; empty when there
/// is nothing to draw. No line is wider than the style allows.
///
/// A row is a lane, so that one sees who worked when, as long as no lane ever
/// holds two items at once and there are at most `most_rows` lanes. Where one
/// does, as in async, or where a thread for each item would make too many rows,
/// a row is a *slot*: an item takes the first that is free, so there are as
/// many as items were held at once. Of either at most `most_rows` (at least 1)
/// are drawn; a line says how many were left out.
///
/// A limit that moved has a row above the others: its value, where it changed
/// and there was room.
///
/// A column shows what took most of its time. An item of at least two columns
/// begins with a bar, and with its number, from 1, where that hides nothing
/// else.
std::string timelines_of(std::span<const TimelineGroup> groups,
                         const Style& style, std::size_t most_rows);

}  // namespace interleave
