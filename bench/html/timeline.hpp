// A run as inline pictures: what each row did when, and the order of finishing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/trace.hpp"

namespace interleave::html {

/// The stamps of an item, in order.
struct Stamp {
  std::string_view name;
  Clock::time_point Result::* at;
};
inline constexpr Stamp stamps[] = {{"queued", &Result::queued},
                                   {"started", &Result::started},
                                   {"downloaded", &Result::downloaded},
                                   {"processing", &Result::processing},
                                   {"finished", &Result::finished}};

/// Who points at items: a reader of a few, or the script of a page. It zooms
/// with the view box, of which a million units are the wall time of the run.
enum class Pointing { titles, script };

/// A figure: a row per lane or slot, boxes of waiting and processing, an axis
/// that ends at `end`, in ns since the run began. Without a script at most 16
/// rows are drawn.
std::string timeline_of(std::string_view name, const Trace& trace,
                        std::int64_t end, Pointing pointing);

/// How the limit moved, as a figure on the same axis; empty where it did not.
std::string limits_of(std::string_view name, const Trace& trace,
                      std::int64_t end);

/// What the shapes mean, for once on a page.
std::string key_of_timelines();

/// Wall time of the run in ns, at least 1: its axis must not end before.
std::int64_t length_of(const Trace& trace);

/// The order of completion against that of submission, as a figure.
std::string order_of(std::string_view name, const Trace& trace);

/// A table of every item's stamps; without `rows` a script adds them.
std::string items_of(std::string_view name, const Trace& trace, bool rows);

/// What a script needs to point at items and to fill their table, as JSON
/// without a `<`, `interleave/page/v2`: `wall` in ns, `rows` of the timeline,
/// `statuses`, and `items`. An item is a list, as long lists of numbers stay
/// small: row of the timeline; row of its processing, where that is another;
/// the same of lanes; its place in the order of completion, all from 0; its
/// status; then each stamp in ns since the last one that is known, the first
/// since the run began; and its error, if there is one.
std::string script_data(const Trace& trace);

}  // namespace interleave::html
