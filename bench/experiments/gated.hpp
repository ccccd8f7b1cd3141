// Orders that no clock decides: an origin that holds every reply until the last
// one has had its effect.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "bench/experiments/order.hpp"
#include "bench/experiments/outcome.hpp"
#include "bench/experiments/workbench.hpp"

namespace interleave::experiments {

/// The most items an order can be shown with: the gate knows no more.
inline constexpr std::size_t most_gated = 64;

/// Runs `cell` on `count` items whose replies are released first to last, each
/// one only when everything the one before makes possible has happened. Items
/// of equal cost would come in this order if the machine had no jitter.
Run run_gated(Workbench& bench, const Cell& cell, std::size_t count,
              const Options& options);

/// Shows the order in each cell of a pattern, and promises that it is
/// `expected`.
void promise_order(Workbench& bench, Outcome& outcome, const Pattern& pattern,
                   std::size_t count, const Options& options,
                   const Names& names, const std::string& expected);

}  // namespace interleave::experiments
