// What more than one report says of a cell or a comparison.
#pragma once

#include <optional>
#include <string>

#include "bench/compare/compare.hpp"
#include "bench/compare/sweep.hpp"
#include "bench/measure/context.hpp"
#include "bench/text/document.hpp"

namespace interleave {

/// What went wrong in a cell, in words and with the first error; empty for a
/// cell that is verified.
std::string failure_summary(const CompareReport& report,
                            const CellReport& cell);

/// The first error of the worst run: "item 7: timeout: ...", or nothing.
std::string first_error(const CellReport& cell);

/// Median wall time of the sequential cell over this one's; nullopt where
/// either is missing or has failed.
std::optional<double> speedup(const CompareReport& report,
                              const CellReport& cell);

/// "pages: 40 items of 10.7 KiB, each after 20ms; limit 8, ...".
std::string describe_work(const CompareReport& report);

/// "2 of 2 cores of AMD EPYC, Linux 6.1; GNU 12.2.0 -O3 ...".
std::string describe_machine(unsigned cores, const Context& context);

/// How a report opens: what was measured, if that is not empty, and where; in
/// Markdown when, too.
void add_facts(Document& document, const std::string& work,
               std::string_view date, unsigned cores, const Context& context);

/// As JSON and CSV call it: "cpu_ns".
std::string name_of(Axis axis);
std::string_view to_string(OnError on_error);

}  // namespace interleave
