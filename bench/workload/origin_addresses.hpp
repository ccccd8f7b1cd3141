// Where many items at once are asked for: at several addresses of the origin.
#pragma once

#include <cstddef>
#include <span>

#include "bench/grid/catalog.hpp"
#include "bench/origin/process.hpp"
#include "bench/workload/workload.hpp"
#include "common/options.hpp"

namespace interleave {

/// As many as the origin ever listens at.
inline constexpr unsigned most_addresses = 8;

/// How many addresses the origin is to listen at for `items` items and these
/// cells, which ask for the same urls: one, unless a cell may have more items
/// in flight at once than one address is asked for.
///
/// Between two addresses the kernel finds a port quickly while it takes less
/// than half of those it may (net.ipv4.ip_local_port_range). After that it
/// looks through all of that half for each connection, before it tries the
/// other: docs/measuring.md says what that costs.
unsigned addresses_for(std::span<const Cell* const> cells, std::size_t items,
                       const Options& options);

/// The most items that one address is asked for, out of `items` that may be in
/// flight at once.
std::size_t busiest_address(std::size_t items);

/// The urls of items at `origin`, which must outlive what is returned. Items
/// in a row ask for the same address, so that a crew of workers keeps its
/// connections.
UrlOf urls_at(const origin::Process& origin);

}  // namespace interleave
