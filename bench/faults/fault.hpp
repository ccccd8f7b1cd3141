// What can go wrong with one item, and what every model then owes its user.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/origin/process.hpp"
#include "common/item.hpp"
#include "common/options.hpp"
#include "common/result.hpp"

namespace interleave::faults {

/// What a fault may change: the item that goes wrong, and the run's options.
struct FaultTarget {
  Item& item;
  Options& options;
  const origin::Process& origin;
};

struct Fault {
  std::string name;     ///< as the command line has it
  std::string summary;  ///< a clause: "its processing throws"
  std::function<void(FaultTarget)> inject;

  // What the item must become, in every model; completed for kind `none`.
  ErrorKind kind = ErrorKind::other;
  std::string says;  ///< stands in the error's text

  /// It ends the process that holds the item. That costs the item where this
  /// is a worker process, and the run where it is the only one.
  bool crash = false;

  /// And that only because it is killed: by itself it would go on for ever.
  bool hang = false;

  Status status() const;
};

/// A fault of processing strikes when `cue` is true; it lies in memory shared
/// with the process that is to give the cue. Set before the run is forked.
void strike_on(const std::atomic<bool>* cue);

/// Every fault there is: of processing, of the address, of the reply.
const std::vector<Fault>& all_faults();

/// Throws std::invalid_argument for an unknown name, with the nearest one.
const Fault& fault(std::string_view name);

}  // namespace interleave::faults
