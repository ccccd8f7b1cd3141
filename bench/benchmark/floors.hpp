// What the same requests cost without the suite: the floor under a cell.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "bench/benchmark/cost.hpp"
#include "common/item.hpp"

namespace interleave {

/// A way to make requests that records, checks and keeps nothing but the
/// number of bytes.
struct Floor {
  std::string_view name;
  std::string_view what;
  /// Makes every request, `limit` at a time over as many connections. Throws
  /// std::runtime_error when a reply does not come or is not as long as the
  /// item says.
  void (*run)(std::span<const Item> items, unsigned limit);
};

std::span<const Floor> floors();

/// Measures one in the process it is called in, after `warm_up`, which is not
/// counted: the cells above it are warmed up, too. Its bytes are the most that
/// was resident there.
Cost cost_of(const Floor& floor, std::span<const Item> items,
             std::span<const Item> warm_up, unsigned limit);

}  // namespace interleave
