// A scale ladder as text, for people and for programs.
#pragma once

#include <string>

#include "bench/compare/scale.hpp"
#include "bench/measure/context.hpp"
#include "bench/text/terminal.hpp"

namespace interleave {

/// A line a rung, below it what refused the next, and the conclusion. No line
/// is wider than the style allows.
std::string table_of(const ScaleReport& report, const Context& context,
                     const Style& style);

/// The schema `interleave/scale/v1` (docs/reference.md), indented, with a
/// newline at its end.
std::string json_of(const ScaleReport& report, const Context& context);

/// The same table for an issue or a README.
std::string markdown_of(const ScaleReport& report, const Context& context);

}  // namespace interleave
