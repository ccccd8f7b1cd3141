// The schedule of a comparison: which cell runs when.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "bench/compare/compare.hpp"
#include "bench/measure/learnt.hpp"
#include "bench/measure/runner.hpp"
#include "bench/measure/trace_store.hpp"

namespace interleave {

/// Runs cells in rounds, and writes what was found into the report.
///
/// Invariants: what it is made with outlives it.
class Schedule {
 public:
  /// `learnt` is that of the items, if they are a list's.
  Schedule(CompareReport& report, std::span<const Item> items, Learnt* learnt,
           Runner& runner, const ShowProgress& progress);

  /// The rounds that are counted; before them, for a list, one that is not: the
  /// server is then no colder for the first than for the last.
  void run_all();

  /// The traces that were put aside.
  void bring_back();

 private:
  using Round = std::vector<std::size_t>;

  std::size_t rounds() const;
  std::vector<Round> orders() const;
  Run run(const Cell& cell, const Options& options);
  Run run(const Cell& cell) { return run(cell, report_.settings.options); }
  void run_uncounted(const Round& round);
  void watch_lags();
  void keep(CellReport& cell, const Run& run);
  void show(const Cell& cell, std::uint64_t items_done) const;

  CompareReport& report_;
  std::span<const Item> items_;
  Learnt* learnt_;
  Runner& runner_;
  const ShowProgress& progress_;
  const Clock::time_point began_ = Clock::now();
  std::optional<TraceStore> store_;
  std::map<const Cell*, std::vector<TraceStore::Place>> put_aside_;
};

}  // namespace interleave
