// What was found, cell by cell, for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "bench/faults/finding.hpp"
#include "bench/measure/context.hpp"
#include "bench/text/terminal.hpp"

namespace interleave::faults {

/// A table per fault and policy, then the promises that were broken. No line
/// is wider than the style allows.
std::string table_of(const std::vector<Finding>& findings, const Style& style);

/// What is the same in every run, so no times: a table per fault, both
/// policies side by side. docs/failure.md holds it.
std::string markdown_of(const std::vector<Finding>& findings);

/// The schema `interleave/faults/v1`, indented, with a newline at its end.
std::string json_of(const std::vector<Finding>& findings,
                    const Context& context);

/// The promises that were broken, a sentence each; or that none was.
std::string verdict_of(const std::vector<Finding>& findings,
                       const Style& style);

/// The error that the run reports is the one that was injected, and no other
/// item failed because of it.
bool is_root(const Finding& finding);

/// How many findings break a promise.
std::size_t count_broken(const std::vector<Finding>& findings);

}  // namespace interleave::faults
