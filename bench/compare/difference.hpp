// Two comparisons side by side: what changed, and what is noise.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "bench/compare/saved.hpp"
#include "bench/compare/statistics.hpp"

namespace interleave {

enum class Verdict {
  faster,
  slower,
  no_difference,   ///< found: the medians differ by less than what counts
  within_noise,    ///< they differ by more, and it may be chance
  not_comparable,  ///< for a reason that is told
};
std::string_view to_string(Verdict verdict);

struct DiffSettings {
  /// The least change of a median that counts, as a share: 0.05 is 1.05 times
  /// as long, or 1 / 1.05.
  double least = 0.05;
  /// How often, at most, a whole diff of two equal comparisons may find a
  /// change in any of its cells.
  double error = 0.001;
};

struct CellDifference {
  std::string name;
  std::size_t base_runs = 0, new_runs = 0;
  double base_ns = 0, new_ns = 0;  ///< medians of wall; 0 without a run
  Ratio ratio;                     ///< of new to base
  Verdict verdict = Verdict::not_comparable;
  std::string why;  ///< not comparable
};

/// Something that should be equal and is not.
struct Disagreement {
  std::string term;           ///< "context.kernel"
  std::string base, changed;  ///< as JSON; "nothing" where it is not there
};

struct Difference {
  DiffSettings settings;
  SavedReport base, changed;
  std::vector<Disagreement> disagreements;
  double confidence = 0;  ///< of each cell's interval: all hold at once with
                          ///< at least 1 - settings.error
  std::vector<CellDifference> cells;  ///< as in base, then what only new has

  std::size_t count(Verdict verdict) const;
};

/// A cell is faster or slower when its medians differ by what counts and the
/// interval of their ratio does not hold 1. As many cells as are compared share
/// the error, so that a large grid finds no more by chance than a single cell.
Difference difference_of(SavedReport base, SavedReport changed,
                         const DiffSettings& settings);

/// What was found, a line for each statement.
std::string conclude(const Difference& difference);

}  // namespace interleave
