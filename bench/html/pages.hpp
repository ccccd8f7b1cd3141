// What pages have in common: the figures of recorded runs, in words.
#pragma once

#include <string>
#include <vector>

#include "bench/html/record.hpp"

namespace interleave::site {

/// What was recorded of a cell. Throws InputError when nothing was.
const RecordedCell& recorded_of(const Record& record, const Cell& cell);

/// "63.7 ms, 94 % of its ideal".
std::string result_of(const RecordedCell& cell);

/// A bar with a line at the ideal and the interval of the median, on an axis
/// from zero to a bit more than `longest` ns.
std::string bar_of(const RecordedCell& cell, double longest);

/// The longest of their times, in ns.
double longest_of(const std::vector<const RecordedCell*>& cells);

/// Cells in a table, the bars of which begin at zero and end at the slowest.
std::string result_table(const std::vector<const RecordedCell*>& cells);

/// How and where the runs were recorded.
std::string provenance(const Record& record);

}  // namespace interleave::site
