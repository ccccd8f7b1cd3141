// The same comparison at one value after another: where the order turns.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/compare/compare.hpp"

namespace interleave {

/// What changes from one comparison to the next.
enum class Axis { limit, cpu, items };
std::string_view to_string(Axis axis);  ///< as the option is called

struct SweepSettings {
  Axis axis = Axis::cpu;
  std::vector<CompareSettings> points;  ///< of rising values
};

struct SweepReport {
  Axis axis = Axis::cpu;
  std::vector<std::uint64_t> values;  ///< rising; cpu in ns
  std::vector<CompareReport> points;  ///< one per value
  /// Values that were asked for: more than there are where it was cut short.
  std::size_t planned = 0;
  std::string failure;  ///< what kept the rest from being measured, or nothing
};

/// What a comparison has on the axis.
std::uint64_t value_of(Axis axis, const CompareSettings& settings);

/// Compares at every value, in an order of their own, so that what changes on
/// the machine meanwhile is not taken for what the values do. What was measured
/// before something failed still stands. Throws what compare() does.
SweepReport sweep(const SweepSettings& settings, const ShowProgress& progress);

/// "8", or "500 us".
std::string value_text(Axis axis, std::uint64_t value);

/// How a model fares against the coroutines of the same pattern, which have a
/// single loop. Ahead: CompareReport::times_differ(). Only values count at
/// which the comparison ranks something.
struct Crossover {
  const Cell* loop = nullptr;
  const Cell* other = nullptr;
  std::size_t counted = 0;  ///< values at which they can be compared
  std::size_t last = 0;     ///< the highest of them, like all that follow an
                            ///< index of the values
  /// The one ahead at `last`, and at all values from `from` on; nullptr where
  /// they tie there.
  const Cell* winner = nullptr;
  std::size_t from = 0;
  /// The last value at which the loser was ahead, where there is one: then the
  /// order turned in between.
  std::optional<std::size_t> after;
  /// Where the medians would be equal if, from one value to the next, their
  /// ratio grew evenly; only with `after`.
  std::optional<double> about;

  /// Whether the winner is ahead at every value that counts; or whether they
  /// tie at all of them below `from`.
  bool throughout = false, tied_below = false;
};

/// For each cell that has a cell of the coroutines beside it, in the order of
/// the grid.
std::vector<Crossover> crossovers(const SweepReport& report);

/// The lowest limit of a cell that no other of the sweep beats by more than
/// 5%, by the medians.
struct Knee {
  const Cell* cell = nullptr;
  std::size_t at = 0;  ///< index of its value
  double wall = 0;     ///< ns, there
};

/// Of every cell that keeps --limit, where a sweep of it has three values or
/// more and all of them are ranked.
std::vector<Knee> knees(const SweepReport& report);

/// What was found, a line for each statement.
std::string conclude(const SweepReport& report);

}  // namespace interleave
