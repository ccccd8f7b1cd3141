// What a run recorded, and what can be read off it: order, overlap and cost as
// pure functions of the trace, testable without running anything.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "common/limit_log.hpp"
#include "common/result.hpp"

namespace interleave {

/// `began` and `ended` are stamped by the harness, outside the pattern.
struct Trace {
  Clock::time_point began;
  Clock::time_point ended;
  Results results;
  std::vector<LimitStep> limits{};  ///< of a pattern whose limit moves
};

/// How many items ended in each way; the five add up to results.size().
struct Tally {
  std::size_t completed = 0, failed = 0, skipped = 0, lost = 0, not_run = 0;

  bool operator==(const Tally&) const = default;
};
Tally count_outcomes(const Trace& trace);

/// The whole call, the pattern's set-up and clean-up included.
Clock::duration wall(const Trace& trace);

/// First start to last finish; zero when nothing started.
Clock::duration makespan(const Trace& trace);

/// wall - makespan: what the pattern costs around the items.
Clock::duration overhead(const Trace& trace);

/// Sum of the items' own times, waiting in a pipeline's queue not included.
Clock::duration total_item_time(const Trace& trace);

/// Most downloads in flight at once (started, not yet downloaded): what the
/// server can confirm.
std::size_t peak_in_flight(const Trace& trace);

/// Most items held at once (started, not yet finished): what memory pays for.
/// Larger than peak_in_flight where items wait between two stages.
std::size_t peak_held(const Trace& trace);

/// Indices of the items that started, in the order they finished.
std::vector<std::size_t> completion_order(const Trace& trace);

/// Pairs that finished in the other order than they were submitted.
std::uint64_t overtakes(const Trace& trace);

/// Sum of the bytes of completed items.
std::uint64_t total_bytes(const Trace& trace);

/// One digest over what every item turned out to be (status, body digest and
/// output), in submission order: equal where two runs did the same job.
std::uint64_t combined_digest(const Trace& trace);

/// One thing that happened to one item.
struct Event {
  enum class What { queued, started, downloaded, finished } what;
  std::size_t item = 0;
  Clock::time_point at;
  Lane lane;  ///< unset for queued
};

/// Everything that happened, as it happened; ties keep submission order.
std::vector<Event> events(const Trace& trace);

}  // namespace interleave
