#include "bench/workload/origin_addresses.hpp"

#include <algorithm>

namespace interleave {

namespace {

constexpr std::size_t items_in_a_row = 2'000;

}  // namespace

unsigned addresses_for(std::span<const Cell* const> cells, std::size_t items,
                       const Options& options) {
  // Where not all are in flight at once, workers keep connections to the
  // addresses they have left: that would take more descriptors than connections
  // are in use.
  const bool at_once = std::ranges::any_of(cells, [&](const Cell* cell) {
    return cell->width(items, options) == items;
  });
  return at_once && items > items_in_a_row ? most_addresses : 1;
}

std::size_t busiest_address(std::size_t items) {
  constexpr std::size_t round = items_in_a_row * most_addresses;
  return items / round * items_in_a_row +
         std::min(items % round, items_in_a_row);
}

UrlOf urls_at(const origin::Process& origin) {
  return [&origin](std::size_t id, std::string_view path) {
    return origin.url(path, id / items_in_a_row);
  };
}

}  // namespace interleave
