// A difference of two comparisons as text, for people and for programs.
#pragma once

#include <string>

#include "bench/compare/difference.hpp"
#include "bench/text/terminal.hpp"

namespace interleave {

/// What was compared, a line a cell, how to read it, the conclusion. No line is
/// wider than the style allows.
std::string table_of(const Difference& difference, const Style& style);

/// The schema `interleave/diff/v1` (docs/reference.md), indented, with a
/// newline at its end.
std::string json_of(const Difference& difference);

/// The same table for an issue.
std::string markdown_of(const Difference& difference);

}  // namespace interleave
