// A sweep as text, for people and for programs.
#pragma once

#include <string>

#include "bench/compare/sweep.hpp"
#include "bench/measure/context.hpp"
#include "bench/text/terminal.hpp"

namespace interleave {

/// The job, a line a value with the wall time of each cell, a plot of them,
/// the conclusion. No line is wider than the style allows.
std::string table_of(const SweepReport& report, const Context& context,
                     const Style& style);

/// The schema `interleave/sweep/v1` (docs/reference.md), indented, with a
/// newline at its end.
std::string json_of(const SweepReport& report, const Context& context);

/// Axis and value, then the line that compare has: one a value and cell.
std::string csv_of(const SweepReport& report);

/// Context, table and conclusion, for an issue or a README.
std::string markdown_of(const SweepReport& report, const Context& context);

}  // namespace interleave
