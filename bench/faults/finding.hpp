// What one injected fault did to one cell, and whether that keeps the promises.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bench/faults/fault.hpp"
#include "bench/faults/leak_counts.hpp"
#include "bench/grid/catalog.hpp"
#include "common/trace.hpp"

namespace interleave::faults {

struct Finding {
  const Cell* cell = nullptr;
  const Fault* fault = nullptr;
  OnError on_error = OnError::collect;
  std::size_t items = 0;

  /// How the run itself ended early; empty where it returned. Nothing of what
  /// follows is known then but what was left outside.
  std::string run_lost;

  Status status = Status::not_run;  ///< of the item that went wrong
  Error error;
  Tally siblings;  ///< the other items

  /// The failure had a moment that was seen: that a worker hangs has none.
  bool seen = false;
  /// Requests that reached the server after the failure; 0 unless it was seen.
  std::uint64_t requests_after = 0;
  /// The failure struck at a chosen moment, with everything in flight that the
  /// pattern allows. The numbers are then the same in every run.
  bool staged = false;
  /// From the failure to the pattern's return, the siblings' ends included; 0
  /// unless it was seen.
  std::chrono::nanoseconds until_return{};

  LeakCounts left;          ///< in the measured process, when it returned
  LeakCounts left_outside;  ///< in this process, when the run was over
};

/// Whether the fault must cost the whole run: a crash of the only process.
bool costs_the_run(const Cell& cell, const Fault& fault);

/// The promises of docs/failure.md that the finding breaks, in words.
std::vector<std::string> broken_promises(const Finding& finding);

}  // namespace interleave::faults
