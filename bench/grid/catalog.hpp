// The cells of the grid: which patterns exist in which models.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/grid/model.hpp"
#include "bench/grid/pattern.hpp"
#include "common/item.hpp"
#include "common/options.hpp"
#include "common/result.hpp"

namespace interleave {

/// One pattern in one model.
struct Cell {
  const Model* model;
  const Pattern* pattern;
  Results (*run)(Workload items, const Options& options);

  /// `threads/queue`, as it is named on the command line.
  std::string name() const;
  /// `threads/queue.cpp`, from the root of the project.
  std::string source() const;
  /// How many cores the cell's processing may use out of `available`.
  unsigned usable_cores(const Options& options, unsigned available) const;
  /// Whether it processes items on an event loop, which has one thread.
  bool computes_on_loop() const;
  /// How many downloads it may have in flight for a workload of `items`.
  std::size_t width(std::size_t items, const Options& options) const;
  /// How many tasks it starts side by side at most: one for each item, or its
  /// workers, whatever they do.
  std::size_t tasks(std::size_t items, const Options& options) const;
};

/// Every cell, model by model, in the order of the grid.
std::span<const Cell> catalog();

/// The cells a comma-separated list names, in the order of the grid, each
/// once. `*` stands for any part of a name: `threads/queue,async/*`. Throws
/// std::invalid_argument when a part of the list matches nothing, with the
/// nearest name.
std::vector<const Cell*> select_cells(std::string_view list);

/// The cells of one pattern, in the order of the grid.
std::vector<const Cell*> cells_of(const Pattern& pattern);

}  // namespace interleave
