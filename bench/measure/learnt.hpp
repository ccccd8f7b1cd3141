// What the runs of a list of urls teach about its items: nothing else is known
// of them.
#pragma once

#include <optional>
#include <vector>

#include "bench/measure/measure.hpp"
#include "common/item.hpp"

namespace interleave {

/// Takes what is known of a list's items from runs, and writes it into them.
///
/// What a url has to give is what the first run found there. What it costs at
/// least is the least that any run was seen to take: each download contains
/// whatever else went on, so none is too short for what it shows, and a server
/// that was slow at first is not held against the runs that found it quick.
/// Counted runs lower it, too: an ideal is a bound of every run.
///
/// Invariants: the items outlive it.
class Learnt {
 public:
  explicit Learnt(std::vector<Item>& items) : items_(items) {}

  /// What this run found is what the others have to find. Where an item failed
  /// there is nothing to compare them with.
  void expect(const Run& run);

  /// Lowers the waits, and the CPU time if the run did the whole job.
  void lower(const Run& run);

  /// CPU time that all transfers together take at least, wherever they spend
  /// it: no run of any cell did the job with less. Zero before one did it.
  Clock::duration transfers() const;

 private:
  std::vector<Item>& items_;
  std::optional<Clock::duration> least_cpu_;
};

}  // namespace interleave
