#include "bench/html/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "bench/html/html.hpp"
#include "bench/report/facts.hpp"

namespace interleave::html {

namespace {

/// A table that grows by columns.
struct Table {
  std::span<const Entry* const> entries;
  std::vector<Heading> head = {};
  std::vector<Fields> rows = std::vector<Fields>(entries.size());

  bool any(auto holds) const {
    return std::ranges::any_of(entries,
                               [&](const auto* each) { return holds(*each); });
  }
  void add(const Heading& heading, auto text) {
    head.push_back(heading);
    for (std::size_t n = 0; n < entries.size(); ++n)
      rows[n].push_back(text(*entries[n]));
  }
  /// What has a sign joins the column before; what has no title, has none.
  void add(const Metric& metric) {
    const auto text = [&](auto& entry) { return entry.text(metric.name); };
    if (!metric.title.empty())
      add({metric.title, metric.unit != Unit::word}, text);
    else if (!metric.sign.empty())
      for (std::size_t n = 0; n < entries.size(); ++n)
        rows[n].back() += fmt::format(" {} {}", metric.sign, text(*entries[n]));
  }
};

}  // namespace

std::optional<double> Entry::number(std::string_view metric) const {
  const auto found = figures.find(metric);
  if (found == figures.end()) return {};
  if (const auto* whole = std::get_if<std::int64_t>(&found->second))
    return static_cast<double>(*whole);
  return std::get<double>(found->second);
}

std::string Entry::text(std::string_view metric) const {
  const auto found = figures.find(metric);
  return found == figures.end()
             ? "-"
             : with_unit(found->second, interleave::metric(metric).unit);
}

Entry entry_of(const CompareReport& report, const CellReport& cell) {
  Entry entry{cell.cell->name(), cell.cell, cell.verified,
              failure_summary(report, cell)};
  for (const Metric& metric : metrics()) {
    if (!metric.of_cell || cell.runs.empty()) continue;
    if (!applies(metric, report)) continue;
    const Value value = figure_of(metric, report, cell);
    if (!std::holds_alternative<std::monostate>(value))
      entry.figures[metric.name] = value;
  }
  if (!cell.traces.empty()) entry.trace = &cell.traces.back();
  return entry;
}

Bar bar_of(const Entry& entry) {
  return {entry.number("wall_ns"),
          entry.number("wall_ns_low"),
          entry.number("wall_ns_high"),
          entry.number("ideal_ns"),
          entry.published,
          entry.leads};
}

std::string time_text(const Entry& entry) {
  if (!entry.verified) return entry.failure_summary;
  const std::string share = entry.text("of_ideal");
  return entry.text("wall_ns") +
         (share == "-" ? "" : ", " + share + " of ideal");
}

std::string facts_of(const Entry& entry) {
  constexpr std::size_t most = 12;  // ranks: then come details
  std::string text = time_text(entry);
  for (const Metric& metric : metrics())
    if (metric.rank > 3 && metric.rank <= most && !metric.title.empty() &&
        metric.unit != Unit::truth && entry.figures.contains(metric.name))
      text += fmt::format("; {} {}", metric.title, entry.text(metric.name));
  return text + ".";
}

std::string figures_of(std::string_view caption,
                       std::span<const Entry* const> entries, Bars bars) {
  Table table{entries};
  double end = 1;
  for (const Entry* entry : entries)
    end = std::max(end, bar_of(*entry).longest());
  table.add({"cell"}, [](const Entry& entry) { return escaped(entry.name); });
  if (bars == Bars::yes)
    table.add({"time; the line is the ideal"}, [&](const Entry& entry) {
      return R"(<span class="bar">)" + drawing_of(bar_of(entry), end) +
             "</span>";
    });
  for (const Metric& metric : metrics())
    if (table.any(
            [&](auto& each) { return each.figures.contains(metric.name); }))
      table.add(metric);
  if (table.any([](auto& each) { return each.published.has_value(); }))
    table.add({"published", true}, [](const Entry& entry) {
      return entry.published ? text_of(Quantity::time, *entry.published) : "-";
    });
  if (table.any([](auto& each) { return !each.verified; }))
    table.add({"what went wrong"}, [](const Entry& entry) {
      return escaped(entry.failure_summary);
    });
  return table_of(caption, table.head, table.rows);
}

}  // namespace interleave::html
