// How many file descriptors a run takes, reckoned before it starts.
#pragma once

#include <cstddef>
#include <span>

#include "bench/grid/catalog.hpp"
#include "common/item.hpp"

namespace interleave {

/// Those a run needs beside the ones for its items in flight.
inline constexpr std::size_t own_descriptors = 64;

/// How far this process may raise its limit.
std::size_t descriptor_limit();
/// Does so, and says how far that is.
std::size_t raise_descriptor_limit();

/// Whether any item opens a connection; else they only wait.
bool connects(std::span<const Item> items);

/// What a run of `cell` takes at most.
std::size_t descriptors_needed(const Cell& cell, std::size_t items,
                               const Options& options, bool connects);

}  // namespace interleave
