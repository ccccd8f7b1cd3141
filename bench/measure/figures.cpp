#include "bench/measure/figures.hpp"

namespace interleave {

namespace {

std::vector<ItemError> first_errors(const Trace& trace) {
  std::vector<ItemError> errors;
  for (std::size_t i = 0; i < trace.results.size(); ++i) {
    if (trace.results[i].error.kind == ErrorKind::none) continue;
    if (errors.size() == Figures::listed_errors) break;
    errors.push_back({i, trace.results[i].error});
  }
  return errors;
}

std::vector<LimitChange> limits_of(const Trace& trace) {
  std::vector<LimitChange> changes;
  for (const LimitStep& step : trace.limits)
    changes.push_back({step.at - trace.began, step.limit, step.speed});
  return changes;
}

double mean_in_flight(const Trace& trace) {
  std::chrono::duration<double> flying{};
  for (const Result& result : trace.results)
    if (result.downloaded > result.started)
      flying += result.downloaded - result.started;
  const std::chrono::duration<double> all = wall(trace);
  return all.count() > 0 ? flying / all : 0;
}

}  // namespace

Figures figures_of(const Run& run) {
  const Trace& trace = run.trace;
  Figures figures;
  static_cast<RunFacts&>(figures) = run;
  figures.items = trace.results.size();
  figures.wall = wall(trace);
  figures.makespan = makespan(trace);
  figures.overhead = overhead(trace);
  figures.peak_in_flight = peak_in_flight(trace);
  figures.peak_held = peak_held(trace);
  figures.tally = count_outcomes(trace);
  figures.queue_wait = queue_wait(trace);
  figures.latency = latency(trace);
  figures.mean_in_flight = mean_in_flight(trace);
  figures.overtakes = overtakes(trace);
  figures.bytes = total_bytes(trace);
  figures.digest = combined_digest(trace);
  figures.errors = first_errors(trace);
  figures.limits = limits_of(trace);
  figures.error_count = figures.tally.failed + figures.tally.lost;
  return figures;
}

}  // namespace interleave
