// A cell by its name, and items by their waits and CPU times.
#pragma once

#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/grid/catalog.hpp"

namespace interleave {

inline const Cell& cell(std::string_view name) {
  return *select_cells(name).front();
}

inline std::vector<Item> items_of(
    std::vector<std::pair<int, int>> wait_cpu_ms) {
  std::vector<Item> items;
  for (auto [wait, cpu] : wait_cpu_ms) {
    items.emplace_back();
    items.back().wait = std::chrono::milliseconds(wait);
    items.back().cpu = std::chrono::milliseconds(cpu);
  }
  return items;
}

}  // namespace interleave
