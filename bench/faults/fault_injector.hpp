// Runs a cell with one item that goes wrong, at a chosen moment.
#pragma once

#include <atomic>
#include <cstddef>
#include <vector>

#include "bench/faults/finding.hpp"
#include "bench/measure/runner.hpp"
#include "bench/text/shared_memory.hpp"

namespace interleave::faults {

/// An origin with a gate, and memory to take notes in. The gate makes a
/// failure strike at one moment, the same in every run: the item in the middle
/// goes wrong when everything is in flight that its pattern allows, and what
/// else is in flight is held until it has. A fault of the address or the reply
/// strikes when it likes.
///
/// Thread safety: the process must have one thread. Orphans of a run become
/// children of this process, so that none is overlooked.
class FaultInjector {
 public:
  /// Throws std::runtime_error when there is no origin or no memory to be had.
  explicit FaultInjector(Transport transport = Transport::curl);

  static constexpr std::size_t items = 12;
  static constexpr std::size_t victim = 5;  ///< the item that goes wrong

  /// One run. What the fault costs is in the finding; throws
  /// InfrastructureError when the origin is gone.
  Finding examine(const Cell& cell, const Fault& fault, OnError on_error);

  /// Where its runs take place; who looks on says so there.
  Runner& runner() { return runner_; }

 private:
  /// What the measured process and the conductor write down; read when both
  /// have ended.
  struct Notes {
    LeakCounts left;
    Clock::time_point returned;       // the pattern did
    Clock::time_point seen;           // the failure was, from outside
    std::uint64_t requests_before{};  // the failure
    std::atomic<bool> strike{false};  // the victim's processing may fail now
  };

  std::vector<Item> make_items();
  void direct(const Cell& cell, const Options& options,
              const RunControl& control);
  void read(const interleave::Run& run, Finding& finding) const;

  const Transport transport_;
  Runner runner_;
  SharedMemory<Notes> notes_;
};

}  // namespace interleave::faults
