#include "bench/html/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "bench/html/html.hpp"
#include "bench/report/facts.hpp"
#include "bench/text/text.hpp"

namespace interleave::html {

namespace {

using Nanoseconds = std::optional<std::chrono::nanoseconds>;

std::optional<double> number_of(const Nanoseconds& time) {
  if (!time) return {};
  return static_cast<double>(time->count());
}

std::string percent(double share) {
  return fmt::format("{:.0f}%", 100 * share);
}

std::string or_dash(Quantity quantity, const std::optional<double>& value) {
  return value ? text_of(quantity, *value) : "-";
}

std::string interval_of(const Entry& entry) {
  const Bar bar = bar_of(entry);
  if (!bar.value) return "-";
  if (!(*bar.low < *bar.high)) return "one run";
  return text_of(Quantity::time, *bar.low) + " to " +
         text_of(Quantity::time, *bar.high);
}

struct Column {
  Heading heading;
  std::function<std::string(const Entry&)> text;  // HTML
};

/// All columns after the name of the cell and its bar.
std::vector<Column> columns() {
  const auto time = [](auto value) {
    return [=](const Entry& entry) {
      return or_dash(Quantity::time, value(entry));
    };
  };
  return {
      {{"median", true}, time([](auto& e) { return bar_of(e).value; })},
      {{"interval", true}, interval_of},
      {{"ideal", true}, time([](auto& e) { return number_of(e.ideal); })},
      {{"of ideal", true},
       [](const Entry& entry) {
         const auto share = entry.of_ideal();
         return share ? percent(*share) : "-";
       }},
      {{"bound"},
       [](const Entry& e) { return e.bound.empty() ? "-" : e.bound; }},
      {{"published", true},
       time([](auto& e) { return number_of(e.published); })},
      {{"speedup", true},
       [](const Entry& e) {
         return e.speedup ? significant(*e.speedup) : "-";
       }},
      {{"CPU per item", true}, time([](auto& e) { return e.cpu_per_item; })},
      {{"peak memory", true},
       [](const Entry& e) { return or_dash(Quantity::size, e.memory_bytes); }},
      {{"in flight", true},
       [](const Entry& e) {
         return e.in_flight ? fmt::format("{}", e.in_flight) : "-";
       }},
      {{"verified"},
       [](const Entry& e) { return e.verified ? "yes" : escaped(e.trouble); }}};
}

}  // namespace

std::optional<double> Entry::of_ideal() const {
  if (!ideal || !verified || wall.median <= 0) return {};
  return static_cast<double>(ideal->count()) / wall.median;
}

Entry entry_of(const CompareReport& report, const CellReport& cell) {
  Entry entry;
  entry.name = cell.cell->name();
  entry.cell = cell.cell;
  entry.verified = cell.verified;
  entry.trouble = trouble(report, cell);
  entry.wall = cell.wall;
  if (cell.ideal) {
    entry.ideal = cell.ideal->time;
    entry.bound = to_string(cell.ideal->bound);
  }
  entry.speedup = speedup(report, cell);
  if (!cell.runs.empty()) {
    entry.cpu_per_item = cell.cpu_per_item();
    entry.memory_bytes = cell.peak_rss.median;
  }
  entry.in_flight = cell.peak_in_flight;
  entry.allowed = cell.width;
  if (report.has_origin) entry.connections = cell.connections;
  if (!cell.traces.empty()) entry.trace = &cell.traces.back();
  return entry;
}

Bar bar_of(const Entry& entry) {
  Bar bar;
  bar.published = number_of(entry.published);
  bar.leads = entry.leads;
  if (entry.wall.median <= 0) return bar;
  bar.value = entry.wall.median;
  bar.low = entry.wall.low;
  bar.high = entry.wall.high;
  bar.ideal = number_of(entry.ideal);
  return bar;
}

std::string time_text(const Entry& entry) {
  if (!entry.verified) return entry.trouble;
  std::string text = text_of(Quantity::time, entry.wall.median);
  if (const auto share = entry.of_ideal())
    text += ", " + percent(*share) + " of ideal";
  return text;
}

std::string facts_of(const Entry& entry) {
  std::string text = time_text(entry);
  const auto add = [&](const std::string& fact) { text += "; " + fact; };
  if (!entry.bound.empty()) add("bound by " + entry.bound);
  if (entry.speedup)
    add(significant(*entry.speedup) + "x as fast as one at a time");
  add(fmt::format(
      "{}{} in flight", entry.in_flight,
      entry.allowed ? fmt::format(" of {} allowed", *entry.allowed) : ""));
  if (entry.connections) add(count_of(*entry.connections, "connection"));
  if (entry.cpu_per_item)
    add(text_of(Quantity::time, *entry.cpu_per_item) + " of CPU per item");
  if (entry.memory_bytes)
    add(text_of(Quantity::size, *entry.memory_bytes) + " at most");
  return text + ".";
}

std::string figures_of(std::string_view caption,
                       std::span<const Entry* const> entries, Bars bars) {
  std::vector<Heading> head = {{"cell"}};
  std::vector<Fields> rows;
  double end = 1;
  for (const Entry* entry : entries) {
    rows.push_back({escaped(entry->name)});
    end = std::max(end, bar_of(*entry).longest());
  }
  if (bars == Bars::yes) {
    head.push_back({"time; the line is the ideal"});
    for (std::size_t n = 0; n < entries.size(); ++n)
      rows[n].push_back("<span class=\"bar\">" +
                        drawing_of(bar_of(*entries[n]), end) + "</span>");
  }
  for (const Column& column : columns()) {
    Fields texts;
    for (const Entry* entry : entries) texts.push_back(column.text(*entry));
    if (std::ranges::count(texts, "-") == std::ssize(texts)) continue;
    head.push_back(column.heading);
    for (std::size_t n = 0; n < texts.size(); ++n) rows[n].push_back(texts[n]);
  }
  return table_of(caption, head, rows);
}

}  // namespace interleave::html
