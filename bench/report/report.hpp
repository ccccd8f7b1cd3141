// A finished comparison as text, for people and for programs.
#pragma once

#include <string>

#include "bench/compare/compare.hpp"
#include "bench/measure/context.hpp"
#include "bench/text/terminal.hpp"

namespace interleave {

/// What was compared and where; the cells, grouped by pattern so that models
/// stand side by side, in as many columns as fit; what went wrong; the
/// conclusion. No line is wider than the style allows.
std::string table_of(const CompareReport& report, const Context& context,
                     const Style& style);

/// For each cell, in ms: how long its items waited for their start, how long
/// they took from there on, and how late the event loop was, where it has one.
std::string percentiles_of(const CompareReport& report, const Style& style);

/// The schema `interleave/compare/v1` (docs/reference.md), indented, with a
/// newline at its end. Times are integers in ns; what is not known is null.
std::string json_of(const CompareReport& report, const Context& context);

/// One line of names (with units), then one line a cell, as in RFC 4180. What
/// is not known is empty.
std::string csv_of(const CompareReport& report);

/// Context, table and conclusion, for an issue or a README.
std::string markdown_of(const CompareReport& report, const Context& context);

// For one cell; `report` holds exactly that one, it was run, and the traces
// that are told were kept.

/// Everything that happened in the last run, one line an event: items from 1,
/// milliseconds since the run began, lanes numbered as they appear.
std::string events_of(const CompareReport& report);

/// What it came to: times, order, peaks; then who the lanes were.
std::string summary_of(const CompareReport& report, const Context& context,
                       const Style& style);

/// The schema `interleave/run/v1`: the stamps of every item, in ns since the
/// run began, null where there is none; items from 1.
std::string run_json_of(const CompareReport& report, const Context& context);

}  // namespace interleave
