// What a server with a capacity allowed, and what asking for more cost.
#pragma once

#include "bench/compare/clause.hpp"
#include "bench/compare/compare.hpp"

namespace interleave::conclusion {

/// Its limits, and the lowest limit that is as good as any there.
Statements server_limits(const CompareReport& report);
/// The pattern that asked for the most at once, beside the one with a limit
/// whose requests took the least time there.
Statements asked_for_more(const CompareReport& report);

}  // namespace interleave::conclusion
