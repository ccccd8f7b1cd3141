// What a run does before it is timed.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "bench/grid/catalog.hpp"
#include "bench/workload/workload.hpp"

namespace interleave {

/// What a run of `cell` warms up with: the first items again, at most 256 of
/// them, with nothing to compute. They wait for a moment, so that as many of
/// them are in flight as later: what is needed for each was then used before,
/// too. Bodies are as long as the others; where that would be more than 64 MiB
/// in all, there are fewer of them, but as many as are in flight at once, and
/// then they are shorter. `url` as in make_items().
std::vector<Item> warm_up_items(const WorkloadSettings& settings,
                                const Cell& cell, const Options& options,
                                const UrlOf& url);

/// A workload to warm up with, for items that no recipe made: as many pages, as
/// long as the mean of theirs, where any of them asks a server; else sleeps.
WorkloadSettings like(std::span<const Item> items);

/// The mean length of the bodies that are expected; nothing when none is.
std::optional<std::size_t> mean_bytes(std::span<const Item> items);

}  // namespace interleave
