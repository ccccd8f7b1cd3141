// The cells of the grid: which patterns exist in which models.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/item.hpp"
#include "common/options.hpp"
#include "common/result.hpp"

namespace interleave {

/// What bounds the items in flight in a pattern.
enum class Width {
  one,         ///< one at a time
  all,         ///< nothing: every item at once
  limit,       ///< Options::limit
  batch_size,  ///< Options::batch_size, with a barrier after each batch
  stages,      ///< Options::limit downloads; processing beside them
};

struct Pattern {
  std::string_view name;
  std::string_view promise;  ///< the concept line, as in the sources
  Width width;
  bool paced = false;  ///< items come after their own delays (Item::delay)
};

struct Model {
  std::string_view name;
  std::string_view folder;  ///< of its sources, from the root of the project
  std::string_view summary;
  /// For a library that settles how many tasks there may be when it begins:
  /// told the most of them in the process of a run, before anything else.
  void (*prepare)(std::size_t tasks) = nullptr;
};

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
  /// How many downloads it may have in flight for a workload of `items`.
  std::size_t width(std::size_t items, const Options& options) const;
  /// How many tasks it starts side by side at most: one for each item, or its
  /// workers, whatever they do.
  std::size_t tasks(std::size_t items, const Options& options) const;
};

std::span<const Pattern> patterns();
std::span<const Model> models();

/// Every cell, model by model, in the order of the grid.
std::span<const Cell> catalog();

/// The cells a comma-separated list names, in the order of the grid, each
/// once. `*` stands for any part of a name: `threads/queue,async/*`. Throws
/// std::invalid_argument when a part of the list matches nothing, with the
/// nearest name.
std::vector<const Cell*> select_cells(std::string_view list);

/// The word of `known` that is spelled most like `word`, or an empty one when
/// none is close.
std::string_view nearest(std::string_view word,
                         std::span<const std::string_view> known);

}  // namespace interleave
