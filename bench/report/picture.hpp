// Who did what, and when: the boxes of a run, in rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/report/lanes.hpp"
#include "common/trace.hpp"

namespace interleave {

/// What an item is in. `held`: downloaded, and waiting for the next stage.
enum class ItemPhase : std::size_t { idle, waiting, held, processing };

/// What a row shows for a while, in ns since the run began.
struct Span {
  ItemPhase part;
  std::int64_t from, to;
};

/// An item, or the half of it that happened in one lane.
struct Box {
  std::size_t item;
  std::vector<Span> spans;  ///< one after the other
  bool failed = false;      ///< and this is where it ended

  std::int64_t from() const { return spans.front().from; }
  std::int64_t to() const { return spans.back().to; }
};

using Row = std::vector<Box>;

/// A row for each lane, in the order they appeared.
std::vector<Row> rows_by_lane(const Trace& trace, const Lanes& lanes);
bool holds_two_at_once(const Row& row);

struct Picture {
  std::string_view row_name;  ///< "lane" or "slot"
  std::vector<Row> rows;
  std::size_t items = 0;  ///< drawn ones
  std::size_t lanes = 0;  ///< all that worked
};

/// A row is a lane as long as no lane ever holds two items at once and there
/// are at most `most_rows` lanes; else a slot, when that makes fewer rows.
/// Items that never ran to an end are left out.
Picture picture_of(const Trace& trace, std::size_t most_rows);

/// "title: 63.7 ms, 24 items on 8 lanes", and what is not shown when at most
/// `most_rows` are.
std::string caption_of(std::string_view title, const Trace& trace,
                       const Picture& picture, std::size_t most_rows);

}  // namespace interleave
