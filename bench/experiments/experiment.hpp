// The published experiments, by their ids.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "bench/experiments/outcome.hpp"
#include "bench/experiments/workbench.hpp"

namespace interleave::experiments {

struct Experiment {
  std::string_view id;
  std::string_view claim;   ///< what it shows, in one sentence
  std::string_view source;  ///< where it was published
  /// The options it heeds beside --time-scale and --runs, separated by spaces.
  std::string_view takes;
  /// Throws what Workbench::run() does, and InputError for a user's file.
  Outcome (*run)(Workbench& bench);
};

/// In the order they are run and documented.
std::span<const Experiment> experiments();

/// Throws std::invalid_argument for an unknown id, with the nearest one.
const Experiment& experiment(std::string_view id);

/// Whether `experiment` heeds an option such as "--limit".
bool takes(const Experiment& experiment, std::string_view option);

// One function each; what they show stands in experiments.cpp.
Outcome scans_one_by_one(Workbench& bench);
Outcome scans_gather(Workbench& bench);
Outcome scans_semaphore(Workbench& bench);
Outcome scans_queue(Workbench& bench);
Outcome scans_queue_error(Workbench& bench);
Outcome scans_matrix(Workbench& bench);
Outcome pool_hello(Workbench& bench);
Outcome pool_boom(Workbench& bench);
Outcome images(Workbench& bench);
Outcome thousands(Workbench& bench);
Outcome pages(Workbench& bench);
Outcome count(Workbench& bench);
Outcome chain(Workbench& bench);
Outcome producers(Workbench& bench);
Outcome batch_gather(Workbench& bench);
Outcome run_jobs(Workbench& bench);
Outcome run_async_tasks(Workbench& bench);
Outcome nested_loop(Workbench& bench);
Outcome concepts(Workbench& bench);
Outcome sleepy(Workbench& bench);
Outcome books(Workbench& bench);
Outcome amap(Workbench& bench);
Outcome which_limit(Workbench& bench);
Outcome aimd(Workbench& bench);

/// One run of scans-queue-error: 24 files, the third of which is no scan.
Trace run_with_a_bad_scan(Workbench& bench, const Cell& cell);

}  // namespace interleave::experiments
