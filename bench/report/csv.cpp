#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "bench/report/facts.hpp"
#include "bench/report/metrics.hpp"
#include "bench/report/report.hpp"

namespace interleave {

namespace {

std::string quote(std::string_view field) {
  if (field.find_first_of(",\"\r\n") == std::string_view::npos)
    return std::string(field);
  std::string quoted = "\"";
  for (const char c : field) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

std::string text_of(std::monostate) {
  return {};
}

std::string text_of(double number) {
  return fmt::format("{:.6f}", number);
}

std::string text_of(const auto& known) {
  return fmt::format("{}", known);
}

using Fields = std::vector<std::string>;

std::string line_of(const Fields& fields) {
  std::string text;
  for (const std::string& field : fields)
    text += fmt::format("{}{}", text.empty() ? "" : ",", quote(field));
  return text + "\r\n";
}

Fields names(Fields fields) {
  for (const Metric& metric : metrics())
    if (metric.of_cell) fields.emplace_back(metric.name);
  return fields;
}

std::string lines_of(const CompareReport& report, const Fields& in_front) {
  std::string text;
  for (const CellReport& cell : report.cells) {
    Fields fields = in_front;
    for (const Metric& metric : metrics())
      if (metric.of_cell)
        fields.push_back(
            std::visit([](const auto& known) { return text_of(known); },
                       figure_of(metric, report, cell)));
    text += line_of(fields);
  }
  return text;
}

}  // namespace

std::string csv_of(const CompareReport& report) {
  return line_of(names({})) + lines_of(report, {});
}

std::string csv_of(const SweepReport& report) {
  std::string text = line_of(names({"axis", "value"}));
  for (std::size_t i = 0; i < report.points.size(); ++i)
    text += lines_of(report.points[i], {name_of(report.axis),
                                        fmt::format("{}", report.values[i])});
  return text;
}

}  // namespace interleave
