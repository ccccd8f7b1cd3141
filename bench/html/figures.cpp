#include "bench/html/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "bench/html/html.hpp"
#include "bench/report/facts.hpp"

namespace interleave::html {

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
              trouble(report, cell)};
  for (const Metric& metric : metrics()) {
    if (!metric.of_cell || cell.runs.empty()) continue;
    if (metric.shown == Metric::Shown::with_origin && !report.has_origin)
      continue;
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
  if (!entry.verified) return entry.trouble;
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
  std::vector<Heading> head = {{"cell"}};
  std::vector<Fields> rows(entries.size());
  const auto add = [&](const Heading& heading, auto text) {
    head.push_back(heading);
    for (std::size_t n = 0; n < entries.size(); ++n)
      rows[n].push_back(text(*entries[n]));
  };
  double end = 1;
  for (std::size_t n = 0; n < entries.size(); ++n) {
    rows[n].push_back(escaped(entries[n]->name));
    end = std::max(end, bar_of(*entries[n]).longest());
  }
  if (bars == Bars::yes)
    add({"time; the line is the ideal"}, [&](const Entry& entry) {
      return "<span class=\"bar\">" + drawing_of(bar_of(entry), end) +
             "</span>";
    });
  for (const Metric& metric : metrics()) {
    const bool filled = std::ranges::any_of(entries, [&](const Entry* entry) {
      return entry->figures.contains(metric.name);
    });
    if (!metric.sign.empty() && filled) {  // joins the column before
      for (std::size_t n = 0; n < entries.size(); ++n)
        rows[n].back() +=
            fmt::format(" {} {}", metric.sign, entries[n]->text(metric.name));
    } else if (!metric.title.empty() && filled) {
      add({metric.title, metric.unit != Unit::word},
          [&](const Entry& entry) { return entry.text(metric.name); });
    }
  }
  if (std::ranges::any_of(entries,
                          [](auto* e) { return e->published.has_value(); }))
    add({"published", true}, [](const Entry& entry) {
      return entry.published ? text_of(Quantity::time, *entry.published) : "-";
    });
  if (!std::ranges::all_of(entries, &Entry::verified))
    add({"what went wrong"},
        [](const Entry& entry) { return escaped(entry.trouble); });
  return table_of(caption, head, rows);
}

}  // namespace interleave::html
