// Figures of one cell as a bar, in words and in a table.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bench/compare/compare.hpp"
#include "bench/html/bars.hpp"
#include "bench/report/metrics.hpp"
#include "common/trace.hpp"

namespace interleave::html {

/// One version of the job.
struct Entry {
  std::string name;
  const Cell* cell = nullptr;
  bool verified = false;
  std::string failure_summary;  ///< what went wrong in words, unless verified
  std::map<std::string_view, Value> figures = {};  ///< known ones, by metric
  std::optional<double> published = {};            ///< wall time, ns
  bool leads = false;  ///< the fastest of its pattern, or a tie with it
  const Trace* trace = nullptr;  ///< outlives the writing; may be missing

  std::optional<double> number(std::string_view metric) const;
  std::string text(std::string_view metric) const;  ///< with its unit, or "-"
};

Entry entry_of(const CompareReport& report, const CellReport& cell);

/// Its time, for drawing_of().
Bar bar_of(const Entry& entry);

/// "63.7 ms, 94% of ideal", or what went wrong.
std::string time_text(const Entry& entry);

/// What matters most, in the order of columns on a terminal.
std::string facts_of(const Entry& entry);

/// A row per entry, with the columns that one of them fills. Bars of a table
/// have one axis, which ends at the slowest.
enum class Bars { no, yes };
std::string figures_of(std::string_view caption,
                       std::span<const Entry* const> entries, Bars bars);

}  // namespace interleave::html
