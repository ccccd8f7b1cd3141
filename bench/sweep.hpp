// The same comparison at one value after another: where the order turns.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/compare.hpp"

namespace interleave {

/// What changes from one comparison to the next.
enum class Axis { limit, cpu, items };
std::string_view to_string(Axis axis);  ///< as the option is called

struct SweepReport {
  Axis axis = Axis::cpu;
  std::vector<std::uint64_t> values;  ///< rising; cpu in ns
  std::vector<CompareReport> points;  ///< one a value, in that order; fewer
                                      ///< where it was cut short
  std::string failure;  ///< what kept the rest from being measured, or nothing
};

/// "8", or "500 us".
std::string value_text(Axis axis, std::uint64_t value);

/// How a model fares against the coroutines of the same pattern, which have a
/// single loop.
struct Crossover {
  const Cell* loop = nullptr;
  const Cell* other = nullptr;
  /// The one ahead at the highest value, where it has been from `from` on;
  /// nullptr where they tie there. Ahead: the intervals do not overlap.
  const Cell* winner = nullptr;
  std::size_t from = 0;  ///< an index of the values; 0: it always was
  /// Between the value before and `values[from]`: where the medians would be
  /// equal if their ratio grew evenly in between; only with a winner that was
  /// not always ahead.
  std::optional<double> about;
};

/// For each cell that has a cell of the coroutines beside it, in the order of
/// the grid. Points with cells that are not verified are left out of account.
std::vector<Crossover> crossovers(const SweepReport& report);

/// What was found, in sentences.
std::string conclude(const SweepReport& report);

}  // namespace interleave
