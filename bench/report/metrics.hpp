// The one table of metrics: each figure's name, source, unit, column and words.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "bench/compare/compare.hpp"
#include "bench/text/columns.hpp"

namespace interleave {

/// A figure in base units (ns, bytes, shares of 1), as JSON and CSV have it;
/// monostate if it is unknown.
using Value =
    std::variant<std::monostate, bool, std::int64_t, double, std::string>;

/// The last three are ns, ns and bytes, shown in that unit.
enum class Unit { word, truth, count, share, factor, ms, us, mib };
std::string_view base_of(Unit unit);  ///< "ns"; empty for words and counts

enum class Better { neither, lower, higher };
std::string_view to_string(Better better);  ///< empty for neither

struct Metric {
  std::string_view name;  ///< in JSON and CSV: "wall_ns"
  Unit unit;
  Better better;
  std::string_view about;
  /// How it is read; nullptr where cells, or single runs, have none.
  Value (*of_cell)(const CompareReport&, const CellReport&);
  Value (*of_run)(const Figures&) = nullptr;

  // A metric with a title or a sign has a column.
  std::string_view title = "";  ///< its heading, before the unit: "CPU/item"
  std::size_t rank = 0;  ///< columns are taken in this order while they fit
  std::string_view unknown = "";  ///< when it is null: "without an ideal"
  /// Where it has a column: with_capacity, of a server with limits.
  enum class Shown { always, with_origin, with_capacity } shown = Shown::always;
  std::string_view sign = "";  ///< joins it to the figure before: "±", "/"
};

/// In reading order.
std::span<const Metric> metrics();

/// Throws std::invalid_argument if no metric has that name.
const Metric& metric(std::string_view name);

/// Whether it says anything of this report (Metric::Shown).
bool applies(const Metric& metric, const CompareReport& report);

/// NAN for what is no number.
double number_of(const Value& value);

/// Of a metric that cells have.
Value figure_of(const Metric& metric, const CompareReport& report,
                const CellReport& cell);

/// As tables show it: without its unit, "-" if unknown: 82.0, 98%, 2.00x.
std::string shown(const Value& value, Unit unit);

/// As sentences show it, in a unit that fits: 82.0 ms, 8.00 MiB, 98%.
std::string with_unit(const Value& value, Unit unit);

/// The columns for a report, the seldom wanted ones included if `wide`.
std::vector<const Metric*> columns_of(const CompareReport& report, bool wide);
Column column_of(const Metric& metric);

/// What stands there, for a cell that is verified.
Field field_of(const Metric& metric, const CompareReport& report,
               const CellReport& cell);

/// Every metric with its meaning: for a terminal, and as a table in Markdown.
std::string reference(const Style& style);
std::string reference_markdown();

}  // namespace interleave
