// Rows: one version of an experiment, run in a cell of the grid.
#pragma once

#include <functional>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/experiments/outcome.hpp"
#include "bench/experiments/workbench.hpp"

namespace interleave::experiments {

struct Version {
  std::string group;
  std::string name;
  const Cell* cell = nullptr;
  Options options;
  std::optional<double> published;  ///< seconds, as published
  /// Where it is not that of the cell's pattern on these items.
  std::optional<std::chrono::nanoseconds> ideal;
};

/// What the runs of one version brought, next to the row they became.
struct Measured {
  const Cell* cell = nullptr;
  std::vector<Run> runs;
  std::size_t row = 0;  ///< in Outcome::rows

  const Trace& trace() const { return runs.front().trace; }
};

/// Whether an item's result is what it has to be. Without one: completed.
using Check = std::function<bool(const Item& item, const Result& result)>;

/// Runs a version and adds its row.
Measured measure_version(Workbench& bench, Outcome& outcome,
                         const Version& version, std::span<const Item> items,
                         const Check& check = {});

/// Promises that all of these did the same job, to the last byte.
void promise_equal(Outcome& outcome, std::span<const Measured> all);

/// Promises that no row is faster than its ideal: nothing was left out.
void promise_no_shortcuts(Outcome& outcome);

/// Promises a time, as published. Only made at full scale: below it, what does
/// not shrink with the waits would decide.
void promise_at_most(const Workbench& bench, Outcome& outcome,
                     const Measured& measured, double seconds);

/// Promises that it took `seconds`, give or take `tolerance` (a share).
void promise_about(const Workbench& bench, Outcome& outcome,
                   const Measured& measured, double seconds, double tolerance);

/// The cell of this name.
const Cell& cell_named(std::string_view name);

/// Cells of these patterns in the order of the patterns, then of the models.
template <class... Patterns>
std::vector<const Cell*> cells_of(const Patterns&... patterns) {
  std::vector<const Cell*> all;
  for (const Pattern* pattern : {&patterns...})
    for (const Cell* cell : interleave::cells_of(*pattern)) all.push_back(cell);
  return all;
}

/// What was published of a cell, in seconds, by its name.
std::optional<double> published_of(
    const Cell& cell,
    std::initializer_list<std::pair<std::string_view, double>> published);

/// Items that only wait, each for its share of `waits`.
std::vector<Item> sleeping_items(
    std::span<const std::chrono::nanoseconds> waits);

/// `count` items that wait equally long.
std::vector<Item> sleeping_items(std::size_t count,
                                 std::chrono::nanoseconds wait);

/// "a, b, c".
void add_name(std::string& list, std::string_view name);

/// How each item ended, for all of the runs: "19 completed, 1 failed".
std::string tally_text(const Trace& trace);

/// The file that an item reads, or its number; printable.
std::string name_of(const Item& item);

/// The error of the item that failed first; empty when none did.
std::string first_error(const Trace& trace);

/// "13.5 ms", for remarks and sheets.
std::string in_words(std::chrono::nanoseconds time);

}  // namespace interleave::experiments
