// Figures of one cell as a bar, in words and in a table.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bench/compare/compare.hpp"
#include "bench/html/bars.hpp"
#include "common/trace.hpp"

namespace interleave::html {

/// One version of the job. Times are in ns.
struct Entry {
  std::string name;
  const Cell* cell = nullptr;
  bool verified = false;
  std::string trouble;  ///< what went wrong in words, unless verified
  Summary wall;         ///< a median of 0: there is none
  std::optional<std::chrono::nanoseconds> ideal, published;
  std::string bound;  ///< may be empty
  std::optional<double> speedup, cpu_per_item, memory_bytes;
  std::size_t in_flight = 0;           ///< most at once
  std::optional<std::size_t> allowed;  ///< that many
  std::optional<std::uint64_t> connections;
  bool leads = false;  ///< the fastest of its pattern, or a tie with it
  const Trace* trace = nullptr;  ///< outlives the writing; may be missing

  /// ideal / median; nothing unless both are known and items are verified.
  std::optional<double> of_ideal() const;
};

Entry entry_of(const CompareReport& report, const CellReport& cell);

/// Its time, for drawing_of().
Bar bar_of(const Entry& entry);

/// "63.7 ms, 94% of ideal", or what went wrong.
std::string time_text(const Entry& entry);

/// All that is known, as a sentence.
std::string facts_of(const Entry& entry);

/// A row per entry, without columns that none of them fills. Bars of a table
/// have one axis, which ends at the slowest.
enum class Bars { no, yes };
std::string figures_of(std::string_view caption,
                       std::span<const Entry* const> entries, Bars bars);

}  // namespace interleave::html
