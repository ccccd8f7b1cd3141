// What spoils a comparison: warnings, and why nothing is ranked.
#pragma once

#include "bench/compare/clause.hpp"
#include "bench/compare/compare.hpp"

namespace interleave::conclusion {

// Clauses of its conclusion.
Statements busy_machine(const CompareReport& report);
Statements busy_origin(const CompareReport& report);
Statements refused_workers(const CompareReport& report);
Statements refused_tasks(const CompareReport& report);
Statements lost_uncounted(const CompareReport& report);
Statements interruption(const CompareReport& report);
Statements failure(const CompareReport& report);
Statements unverified(const CompareReport& report);
Statements nothing(const CompareReport& report);

}  // namespace interleave::conclusion
