// The lower bound of a pattern on a workload, and what decides it.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "bench/grid/catalog.hpp"
#include "bench/grid/server_replay.hpp"
#include "common/item.hpp"
#include "common/options.hpp"

namespace interleave {

/// The term that decided a bound: what would have to change for a shorter one.
enum class LimitingFactor {
  waiting,  ///< the items' own times, and when they come: no limit or batch
            ///< size of the pattern would make it shorter (one_by_one has none)
  limit,    ///< how many may be under way at once: the limit, the batch size,
            ///< the workers of a pipeline's second stage
  cpu,      ///< the cores the cell may use

  // What the server allows (Capacity):
  slots,       ///< it serves no more at once
  contention,  ///< with more at once it serves no more
  rate,        ///< it takes no more in that time
  bandwidth,   ///< it sends no more in that time
  overload,    ///< a lower limit, or batch size, would be faster
};
std::string_view to_string(LimitingFactor bound);

struct Ideal {
  Clock::duration time;
  LimitingFactor bound;
};

/// A lower bound of the time `cell` takes on this workload: no schedule that
/// its pattern allows is shorter, if each item takes at least its own times
/// (Item::wait, Item::cpu, Item::follow_up_wait) and comes no earlier than its
/// delays allow. Which schedules a pattern allows, and why none is shorter,
/// stands at each of the functions in ideal.cpp;
/// tests/bench/grid/ideal_test.cpp compares them with the best of all
/// schedules. Nothing where no item's times are known.
///
/// `transfers` is the CPU time that fetching all items takes at least, for
/// items whose `wait` contains it (a list's, see Learnt); Item::cpu comes after
/// the wait. `server`: the same items on a server with a capacity, where one
/// has it. Whatever order requests reach it in, and however late a client asks
/// where less in flight is faster, the bound holds; so on a server with
/// contention nothing may come close to it.
std::optional<Ideal> ideal(const Cell& cell, Workload items,
                           const Options& options, unsigned cores,
                           Clock::duration transfers = {},
                           const ServerReplay* server = nullptr);

/// `options` as the system granted them to a run of `cell` that was refused
/// `refused` workers: with the highest limit that this leaves possible.
Options granted(const Cell& cell, Options options, std::size_t refused);

/// When the last of these ends, each starting, in this order, on the slot that
/// is free first. `slots` is at least 1. No schedule that starts them in this
/// order is shorter, also when some take longer or start later: the moments at
/// which slots become free, sorted, only grow with any start or time.
Clock::duration list_schedule(std::span<const Clock::duration> times,
                              std::size_t slots);

/// No schedule of these on `slots` is shorter, whatever their order: of any
/// k * slots + 1 of them one slot gets k + 1.
Clock::duration any_order(std::vector<Clock::duration> times,
                          std::size_t slots);

}  // namespace interleave
