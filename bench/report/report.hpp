// Results as text, for people and for programs. No line for a terminal is wider
// than its style allows.
#pragma once

#include <string>

#include "bench/compare/compare.hpp"
#include "bench/measure/context.hpp"
#include "bench/text/document.hpp"

namespace interleave {

struct Difference;
struct ScaleReport;
struct SweepReport;

// What was measured and where, a table, how to read it, the conclusion.

/// Cells by pattern, so that models stand side by side. `wide`: all columns.
std::string written(Document document, const CompareReport& report,
                    const Context& context, bool wide = false);
/// A line per value with the wall time of each cell, and a plot of them.
std::string written(Document document, const SweepReport& report,
                    const Context& context);
/// A line per step, below it what refused the next.
std::string written(Document document, const ScaleReport& report,
                    const Context& context);
/// A line per cell of two comparisons.
std::string written(Document document, const Difference& difference);

/// As docs/schema describes it, indented, with a newline at its end. Times are
/// integers in ns; what is not known is null.
std::string json_of(const CompareReport& report, const Context& context);
std::string json_of(const SweepReport& report, const Context& context);
std::string json_of(const ScaleReport& report, const Context& context);
std::string json_of(const Difference& difference);

/// A line of names, then one per cell, as in RFC 4180; of a sweep with axis and
/// value in front. What is not known is empty.
std::string csv_of(const CompareReport& report);
std::string csv_of(const SweepReport& report);

// For one cell; `report` holds exactly that one, it was run, and the traces
// that are shown were kept.

/// Everything that happened in the last run, one line per event: items from 1,
/// milliseconds since the run began, lanes numbered as they appear.
std::string events_of(const CompareReport& report);

/// Times, order, peaks; then the lanes.
std::string summary_of(const CompareReport& report, const Context& context,
                       const Style& style);

/// The stamps of every item, in ns since the run began, null where there is
/// none; items from 1.
std::string run_json_of(const CompareReport& report, const Context& context);

}  // namespace interleave
