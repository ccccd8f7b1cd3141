// Experiments, run one after the other where somebody may watch.
#pragma once

#include <functional>
#include <vector>

#include "bench/report/experiments.hpp"

namespace interleave {

/// Runs them with `report.settings` into the report, with progress on stderr
/// and an orderly end on Ctrl-C; `found` is told of each once it is known. Why
/// no more could be measured stands in the report. Throws what they throw.
void run_experiments(
    const std::vector<const experiments::Experiment*>& chosen,
    experiments::Report& report,
    const std::function<void(const experiments::Finding&)>& found);

}  // namespace interleave
