// A recorded run as a picture that takes no script.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "common/trace.hpp"

namespace interleave::site {

/// Whether every item's stamps stand in a table below the picture.
enum class Table { no, yes };

/// A figure: a row for each lane or slot, boxes of waiting and processing, and
/// an axis that ends at `end`, in ns since the run began. `name` stands above.
std::string drawing_of(std::string_view name, const Trace& trace,
                       std::int64_t end, Table table);

/// What the shapes mean, for once on a page.
std::string legend();

/// The whole run, in ns: where its axis must not end before.
std::int64_t length_of(const Trace& trace);

}  // namespace interleave::site
