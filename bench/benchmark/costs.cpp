#include "bench/benchmark/costs.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <optional>
#include <string_view>

#include "bench/benchmark/primitives.hpp"
#include "bench/grid/catalog.hpp"
#include "bench/text/columns.hpp"
#include "bench/text/text.hpp"
#include "bench/text/units.hpp"

namespace interleave {

namespace {

using Figures = CostReporter::Figures;

std::optional<double> figure(const Figures& figures, const std::string& name,
                             const std::string& counter) {
  const auto found = figures.find(name);
  if (found == figures.end()) return std::nullopt;
  const auto value = found->second.find(counter);
  if (value == found->second.end()) return std::nullopt;
  return value->second.value;
}

std::string time_text(std::optional<double> ns) {
  if (!ns) return "-";
  if (*ns < 1000) return significant(*ns) + " ns";
  return format_duration(
      std::chrono::nanoseconds(static_cast<std::int64_t>(*ns)));
}

std::string primitive_rows(const Figures& figures, const Style& style) {
  Columns table({{"", "primitive", 0, true, 0},
                 {"time", "each", 1},
                 {"CPU", "each", 2},
                 {"memory", "each", 1},
                 {"", "what is measured", 3, true}});
  for (const Primitive& primitive : primitives()) {
    const std::string name = fmt::format("cost/{}", primitive.name);
    const auto bytes = figure(figures, name, "bytes_each");
    const bool memory = primitive.name.starts_with("memory/");
    const auto time = [&](const char* counter) {
      return memory ? "" : time_text(figure(figures, name, counter));
    };
    table.add_row(
        {{std::string(primitive.name)},
         {time("wall_ns_each")},
         {time("cpu_ns_each")},
         {bytes ? format_size(static_cast<std::uint64_t>(*bytes)) : ""},
         {std::string(primitive.what)}});
  }
  return table.render(style);
}

/// CPU time of the primitives for one item, in ns; nothing when one of them
/// was not measured.
std::optional<double> own_cost(const Figures& figures, const Cell& cell) {
  double sum = 0;
  const auto add = [&](int times, std::string_view kind,
                       std::string_view whose) {
    if (times == 0) return true;
    const auto each =
        figure(figures, fmt::format("cost/{}/{}", kind, whose), "cpu_ns_each");
    if (each) sum += times * *each;
    return each.has_value();
  };
  const PrimitiveUse& use = cell.pattern->uses;
  const Primitives& of = cell.model->primitives;
  const bool known = add(use.starts, "start", of.start) &&
                     add(use.hand_overs, "queue", of.queue) &&
                     add(use.permits, "permit", of.permit);
  return known ? std::optional(sum) : std::nullopt;
}

std::string cell_rows(const Figures& figures, const Style& style) {
  Columns table({{"", "cell", 0, true, 0},
                 {"CPU time", "per item", 1},
                 {"of that", "primitives", 2},
                 {"", "share", 3}});
  for (const Cell& cell : catalog()) {
    const auto whole =
        figure(figures, "overhead/" + cell.name(), "cpu_ns_per_item");
    if (!whole) continue;
    const auto own = own_cost(figures, cell);
    table.add_row({{cell.name()},
                   {time_text(whole)},
                   {time_text(own)},
                   {own ? percent(*own / *whole) : "-"}});
  }
  return table.render(style);
}

}  // namespace

bool CostReporter::ReportContext(const Context&) {
  return true;
}

void CostReporter::ReportRuns(const std::vector<Run>& runs) {
  for (const Run& run : runs)
    if (!run.error_occurred && run.run_type == Run::RT_Iteration)
      figures_[run.run_name.function_name] = run.counters;
}

std::string costs_table(const Figures& figures, const Style& style) {
  return primitive_rows(figures, style) + "\n" +
         wrap(
             "The same primitives in the cells, for requests of 100 bytes "
             "that wait for nothing:",
             style.columns) +
         "\n" + cell_rows(figures, style);
}

}  // namespace interleave
