// Runs a cell with one item that goes wrong, at a chosen moment.
#pragma once

#include <memory>

#include "bench/faults/finding.hpp"
#include "bench/measure/measure.hpp"
#include "bench/origin/process.hpp"

namespace interleave::faults {

/// An origin with a gate, and memory to take notes in. The gate makes a
/// failure strike at one moment, the same in every run: the item in the middle
/// goes wrong when everything is in flight that its pattern allows, and what
/// else is in flight is held until it has. A fault of the address or the reply
/// strikes when it likes.
///
/// Thread safety: the process must have one thread. Orphans of a run become
/// children of this process, so that none is overlooked.
class Laboratory {
 public:
  /// Throws std::runtime_error when there is no origin or no memory to be had.
  explicit Laboratory(Transport transport = Transport::curl);
  ~Laboratory();
  Laboratory(const Laboratory&) = delete;
  Laboratory& operator=(const Laboratory&) = delete;

  static constexpr std::size_t items = 12;
  static constexpr std::size_t victim = 5;  ///< the item that goes wrong

  /// One run. What the fault costs is in the finding; throws Interrupted, and
  /// InfrastructureError when the origin is gone.
  Finding examine(const Cell& cell, const Fault& fault, OnError on_error);

 private:
  struct Notes;

  std::vector<Item> make_items() const;
  void direct(const Cell& cell, const Options& options);
  void read(const interleave::Run& run, Finding& finding) const;

  const Transport transport_;
  std::unique_ptr<origin::Process> origin_;
  SharedControl control_;
  Notes* notes_;  // shared with the run and with who releases the replies
};

}  // namespace interleave::faults
