// What pages have in common: the figures of recorded runs, in words.
#pragma once

#include <string>
#include <vector>

#include "bench/site/record.hpp"

namespace interleave::site {

/// What was recorded of a cell. Throws InputError when nothing was.
const RecordedCell& recorded_of(const Record& record, const Cell& cell);

/// "63.7 ms, 94 % of its ideal".
std::string result_of(const RecordedCell& cell);

/// Cells in a table, the bars of which begin at zero and end at the slowest.
std::string result_table(const std::vector<const RecordedCell*>& cells);

/// How and where the runs were recorded.
std::string provenance(const Record& record);

}  // namespace interleave::site
