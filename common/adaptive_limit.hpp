// Limit that a controller moves by what the items show.
#pragma once

#include <cstdint>
#include <variant>

#include "common/aimd.hpp"
#include "common/options.hpp"
#include "common/pace.hpp"
#include "common/result.hpp"

namespace interleave {

/// What an adaptive semaphore of any model asks how many permits there are.
///
/// Thread safety: none; the semaphore has the lock, if one is needed.
/// Invariants: 1 <= current() <= max(1, Options::limit_max).
class AdaptiveLimit {
 public:
  /// Makes its first entry in Options::limit_log, now. `options` must outlive
  /// the limit.
  explicit AdaptiveLimit(const Options& options);

  unsigned current() const;

  /// Tells the controller of an item that gives its permit back, and what
  /// servers have refused meanwhile, to whichever process. Items that never
  /// began count for nothing. Changes are recorded.
  void observe(const Result& result);

 private:
  void record(Clock::time_point at) const;
  std::uint64_t shared_refusals() const;

  const Options& options_;
  std::variant<Pace, Aimd> controller_;
  std::uint64_t seen_ = 0;   // RunControl::refusals when it was made
  std::uint64_t ended_ = 0;  // refusals of the items that have ended
};

}  // namespace interleave
