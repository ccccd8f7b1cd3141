#include "bench/report/experiments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "bench/report/timeline.hpp"
#include "bench/text/columns.hpp"
#include "bench/text/text.hpp"
#include "bench/text/units.hpp"

namespace interleave::experiments {

namespace {

/// Columns of every line that hangs under something.
constexpr std::size_t indent = 2;

std::string seconds(double ns) {
  return fmt::format("{:.{}f}", ns / 1e9, ns < 1e8 ? 4 : 3);
}

template <class Optional>
std::string seconds(const Optional& time) {
  return time ? seconds(static_cast<double>(time->count())) : "-";
}

std::string rows_of(const Outcome& outcome, const Style& style) {
  Columns columns({{"", "version", 0, true},
                   {"", "cell", 1, true},
                   {"pub-", "lished", 4},
                   {"mea-", "sured", 2},
                   {"", "ideal", 6},
                   {"of", "ideal", 5},
                   {"veri-", "fied", 3, true}});
  std::string group;
  for (const Row& row : outcome.rows) {
    if (row.group != group) columns.add_heading(group = row.group);
    if (!row.verified) {
      columns.add_message(row.version, row.cell + ": " + row.trouble);
      continue;
    }
    columns.add_row(
        {{row.version},
         {row.cell},
         {seconds(row.published)},
         {seconds(row.wall.median)},
         {seconds(row.ideal)},
         {row.ideal ? fmt::format("{:.0f}%", row.of_ideal() * 100) : "-"},
         {"yes", Mark::good}});
  }
  return outcome.rows.empty() ? std::string() : columns.render(style) + '\n';
}

/// The last field of a row is cut where there is no room for all of it.
std::string sheet_of(const Sheet& sheet, const Style& style) {
  std::vector<Column> columns;
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < sheet.head.size(); ++i) {
    columns.push_back({"", sheet.head[i], i, true});
    widths.push_back(width_of(sheet.head[i]));
    for (const auto& row : sheet.rows)
      widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::size_t used = 0;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) used += widths[i] + 2;
  const std::size_t room = std::max(used, style.columns) - used;
  Columns table(std::move(columns));
  for (const auto& row : sheet.rows) {
    std::vector<Field> fields;
    for (const std::string& field : row) fields.push_back({field});
    fields.back().text =
        clip(fields.back().text, std::max<std::size_t>(room, 8));
    table.add_row(std::move(fields));
  }
  return wrap(sheet.title, style.columns) + table.render(style) + '\n';
}

/// Cells that saw the same, together.
std::vector<std::pair<std::string, std::string>> grouped(
    const std::vector<Order>& orders) {
  std::vector<std::pair<std::string, std::string>> groups;
  for (const Order& order : orders) {
    const auto same = std::ranges::find(
        groups, order.events, &std::pair<std::string, std::string>::second);
    if (same == groups.end())
      groups.emplace_back(order.cell, order.events);
    else
      same->first += ", " + order.cell;
  }
  return groups;
}

/// `words` behind a margin of `columns` spaces, on every line.
std::string hung(std::string_view words, std::size_t columns,
                 const Style& style) {
  const std::string filled(columns, 'x');  // wrap() drops spaces in front
  std::string text = wrap(filled + std::string(words), style.columns, columns);
  return text.replace(0, columns, columns, ' ');
}

std::string orders_of(const Outcome& outcome, const Style& style) {
  std::string text;
  for (const auto& [cells, events] : grouped(outcome.orders)) {
    text += wrap(cells + ":", style.columns);
    text += hung(events, indent, style);
  }
  return text.empty() ? text : text + '\n';
}

std::string promise_text(const Promise& promise, const Style& style) {
  constexpr std::size_t hanging = 7;
  const auto [word, mark] =
      promise.holds == Promise::Holds::yes  ? std::pair{"yes", Mark::good}
      : promise.holds == Promise::Holds::no ? std::pair{"NO", Mark::bad}
                                            : std::pair{"?", Mark::heading};
  std::string words = promise.text;
  if (!promise.note.empty()) words += ": " + promise.note;
  const std::string text = hung(words, hanging, style);
  return fmt::format("  {}{}{}", marked(word, mark, style),
                     std::string(hanging - 2 - std::string(word).size(), ' '),
                     text.substr(hanging));
}

std::string bullet(std::string_view text, const Style& style) {
  return wrap(fmt::format("- {}", text), style.columns, indent);
}

/// Versions under one heading share a time axis.
std::string timelines_of(const Outcome& outcome, const Style& style) {
  constexpr std::size_t most_rows = 8;
  std::vector<TimelineGroup> groups;
  for (const Row& row : outcome.rows) {
    if (!row.trace) continue;
    if (groups.empty() || groups.back().heading != row.group)
      groups.push_back({row.group, {}});
    groups.back().timelines.push_back(
        {fmt::format("{}, {}", row.cell, row.version), &*row.trace});
  }
  const std::string text = interleave::timelines_of(groups, style, most_rows);
  return text.empty() ? text : text + '\n';
}

}  // namespace

bool Report::broken() const {
  return std::ranges::any_of(findings, [](const Finding& finding) {
    return finding.outcome.broken();
  });
}

std::string list_text(const Style& style) {
  constexpr std::size_t name_columns = 19;
  std::string text;
  for (const Experiment& experiment : experiments())
    text += wrap(pad_right(experiment.id, name_columns - 1) + ' ' +
                     std::string(experiment.claim),
                 style.columns, name_columns);
  return text;
}

std::string text_of(const Finding& finding, const Settings& settings,
                    const Style& style) {
  const Outcome& outcome = finding.outcome;
  std::string source = fmt::format("published: {}", finding.experiment->source);
  if (settings.time_scale != 1)
    source +=
        fmt::format("; waits and published times x {:g}", settings.time_scale);
  if (!outcome.rows.empty()) source += "; times in seconds";
  std::string text = marked(finding.experiment->id, Mark::heading, style) +
                     '\n' + wrap(finding.experiment->claim, style.columns) +
                     marked(wrap(source, style.columns), Mark::faint, style) +
                     '\n';
  text += rows_of(outcome, style);
  if (settings.draw_timelines) text += timelines_of(outcome, style);
  for (const Sheet& sheet : outcome.sheets) text += sheet_of(sheet, style);
  text += orders_of(outcome, style);
  for (const Promise& promise : outcome.promises)
    text += promise_text(promise, style);
  text += '\n';
  for (const std::string& remark : outcome.remarks)
    text += bullet(remark, style);
  text += wrap("verdict: " + outcome.verdict(), style.columns);
  return text + '\n';
}

std::string closing_of(const Report& report, const Style& style) {
  const auto broken = std::ranges::count_if(
      report.findings,
      [](const Finding& finding) { return finding.outcome.broken(); });
  std::string text =
      fmt::format("{} of {} reproduced; measured: median of the runs",
                  report.findings.size() - static_cast<std::size_t>(broken),
                  count_of(report.findings.size(), "experiment"));
  if (report.interrupted) text += "; interrupted before the others";
  if (!report.failure.empty()) text += "; then: " + report.failure;
  return marked(wrap(text, style.columns), broken ? Mark::bad : Mark::faint,
                style);
}

}  // namespace interleave::experiments
