// What all JSON of ours has in common.
#pragma once

#include <cmath>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "bench/compare/compare.hpp"
#include "bench/measure/context.hpp"
#include "bench/report/metrics.hpp"

namespace interleave {

using Json = nlohmann::ordered_json;

/// Indented, with a newline at its end. Bytes that are not UTF-8 (a host name,
/// an error's text) are replaced.
std::string indented(const Json& json);

/// `text` in quotes, ASCII only.
std::string json_string(std::string_view text);

/// Null: of an empty text, of a number that is not finite.
Json text_or_null(std::string_view text);
Json json_of(const Value& value);  ///< null if it is unknown
Json number(double value);
Json whole(double value);  ///< rounded

Json context_json(std::string_view date, unsigned cores,
                  const Context& context);

/// Every metric of a cell, and of each of its runs.
Json cell_json(const CompareReport& report, const CellReport& cell);

/// The table of metrics.
std::string metrics_json();

}  // namespace interleave
