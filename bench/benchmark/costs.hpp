// What the primitives cost, and their share in what a cell costs: a table.
#pragma once

#include <benchmark/benchmark.h>

#include <map>
#include <string>
#include <vector>

#include "bench/text/terminal.hpp"

namespace interleave {

/// Collects what `cost/` and `overhead/` benchmarks report.
class CostReporter : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context& context) override;
  void ReportRuns(const std::vector<Run>& runs) override;

  /// By name and counter; of repeated benchmarks the last.
  using Figures = std::map<std::string, benchmark::UserCounters>;
  const Figures& figures() const { return figures_; }

 private:
  Figures figures_;
};

/// First a line a primitive: time, CPU time or memory of each. Then a line a
/// cell: its CPU time per item when the items wait for nothing, and how much of
/// that is the primitives it uses for an item. No line is wider than the style
/// allows.
std::string costs_table(const CostReporter::Figures& figures,
                        const Style& style);

}  // namespace interleave
