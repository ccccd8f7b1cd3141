#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "bench/report/metrics.hpp"
#include "bench/text/text.hpp"

// What the table of metrics looks like: its figures, its columns, itself.

namespace interleave {

namespace {

using enum Unit;
using enum Better;

struct UnitFacts {
  std::string_view base, shown;
  double size = 1;  // of the shown one, in the base
};

UnitFacts facts_of(Unit unit) {
  switch (unit) {
    case ms:
      return {"ns", "ms", 1e6};
    case us:
      return {"ns", "us", 1e3};
    case mib:
      return {"bytes", "MiB", 1 << 20};
    case share:
      return {"of 1", ""};
    case factor:
      return {"times", ""};
    default:
      return {};
  }
}

std::string meaning_of(const Metric& metric) {
  std::string text(metric.about);
  if (!metric.unknown.empty()) text += fmt::format("; null {}", metric.unknown);
  return text;
}

std::string_view owners_of(const Metric& metric) {
  return !metric.of_run ? "cell" : metric.of_cell ? "cell, run" : "run";
}

}  // namespace

std::string_view base_of(Unit unit) {
  return facts_of(unit).base;
}

std::string_view to_string(Better better) {
  return better == lower ? "lower" : better == higher ? "higher" : "";
}

double number_of(const Value& value) {
  if (const auto* whole = std::get_if<std::int64_t>(&value))
    return static_cast<double>(*whole);
  const auto* number = std::get_if<double>(&value);
  return number ? *number : NAN;
}

std::string shown(const Value& value, Unit unit) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* truth = std::get_if<bool>(&value))
    return *truth ? "yes" : "no";
  const double number = number_of(value);
  if (!std::isfinite(number)) return "-";
  if (unit == share) return percent(number);
  if (unit == factor) return significant(number) + "x";
  if (unit == count) return fmt::format("{}", number);
  return significant(number / facts_of(unit).size);
}

std::string with_unit(const Value& value, Unit unit) {
  const double number = number_of(value);
  if (!std::isfinite(number)) return shown(value, unit);
  if (unit == mib) return format_size(static_cast<std::uint64_t>(number));
  if (unit == ms || unit == us)
    return format_duration(
        std::chrono::nanoseconds(static_cast<std::int64_t>(number)));
  return shown(value, unit);
}

/// "CPU/item" and us make "CPU" above "us/item".
Column column_of(const Metric& metric) {
  const std::string title(metric.title), unit(facts_of(metric.unit).shown);
  const std::size_t end = title.find_last_of(" /");
  const bool left = metric.unit == word || metric.unit == truth;
  Column column{"", title, metric.rank, left};
  if (end != title.npos && title[end] == '/') {
    column.over = title.substr(0, end);
    column.under = unit + title.substr(end);
  } else if (end != title.npos) {
    column.over = title.substr(0, end);
    column.under = title.substr(end + 1) + (unit.empty() ? "" : " " + unit);
  } else if (!unit.empty()) {
    column.over = title;
    column.under = unit;
  }
  if (!metric.sign.empty()) {
    column.joined = true;
    column.gap = 1;
  }
  return column;
}

Field field_of(const Metric& metric, const CompareReport& report,
               const CellReport& cell) {
  const Value value = figure_of(metric, report, cell);
  std::string text = shown(value, metric.unit);
  if (metric.unit == truth) return {text, Mark::good};
  if (metric.sign.empty()) return {text};
  return {text == "-" ? "" : std::string(metric.sign) + text, Mark::faint};
}

std::string reference(const Style& style) {
  constexpr std::size_t name_columns = 23;
  std::string text;
  for (const Metric& metric : metrics())
    text += wrap(fmt::format("{:<23}{} ({})", metric.name, meaning_of(metric),
                             owners_of(metric)),
                 style.columns, name_columns);
  return text;
}

std::string reference_markdown() {
  std::string text =
      "| field | of | column | unit | better | is "
      "|\n|---|---|---|---|---|---|\n";
  for (const Metric& metric : metrics()) {
    const UnitFacts unit = facts_of(metric.unit);
    text += fmt::format("| `{}` | {} | {}{} | {}{} | {} | {} |\n", metric.name,
                        owners_of(metric), metric.title, metric.sign, unit.base,
                        metric.title.empty() || unit.shown.empty()
                            ? ""
                            : fmt::format(", shown in {}", unit.shown),
                        to_string(metric.better), meaning_of(metric));
  }
  return text;
}

}  // namespace interleave
