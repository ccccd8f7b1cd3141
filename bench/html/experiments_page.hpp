// The findings of experiments as a page.
#pragma once

#include "bench/html/page.hpp"
#include "bench/report/experiments.hpp"

namespace interleave::experiments {

/// A page with a group for each experiment, or for each heading in it. The
/// report outlives it.
Page page_of(const Report& report, const Context& context);

}  // namespace interleave::experiments
