// The lower bound of a pattern on a workload, and what decides it.
#pragma once

#include <optional>
#include <string_view>

#include "bench/catalog.hpp"
#include "common/item.hpp"
#include "common/options.hpp"

namespace interleave {

/// The term that decided a bound.
enum class Bound {
  waiting,  ///< the items' own time: no concurrency would make it shorter
  limit,    ///< the concurrency limit or the batch size
  cpu,      ///< the cores the cell may use
};
std::string_view to_string(Bound bound);

struct Ideal {
  Clock::duration time;
  Bound bound;
};

/// What `cell` would take on this workload if nothing but the items' own times
/// (Item::wait, Item::cpu, Item::then_wait) counted: the list schedule of these
/// on its slots, the sum of batch maxima, the plain sum for one_by_one; never
/// less than the total CPU time over the cores the cell may use. Where items
/// are handed in after their delays, the schedule starts none before it comes.
/// Nothing where no item's times are known.
std::optional<Ideal> ideal(const Cell& cell, Workload items,
                           const Options& options, unsigned cores);

/// When the last of these ends, each starting, in this order, on the slot that
/// is free first. `slots` is at least 1.
Clock::duration list_schedule(std::span<const Clock::duration> times,
                              std::size_t slots);

}  // namespace interleave
