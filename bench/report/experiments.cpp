#include "bench/report/experiments.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "bench/report/facts.hpp"
#include "bench/report/metrics.hpp"
#include "bench/report/timeline.hpp"
#include "bench/text/document.hpp"
#include "bench/text/text.hpp"

namespace interleave::experiments {

namespace {

std::string seconds(double ns) {
  return fmt::format("{:.{}f}", ns / 1e9, ns < 1e8 ? 4 : 3);
}

std::string seconds(const std::optional<std::chrono::nanoseconds>& time) {
  return time ? seconds(static_cast<double>(time->count())) : "-";
}

Columns rows_of(const Outcome& outcome) {
  Columns table({{"", "version", 0, true},
                 {"", "cell", 1, true},
                 {"pub-", "lished", 4},
                 {"mea-", "sured", 2},
                 {"", "", 2, false, 1, true},
                 {"", "ideal", 6},
                 {"of", "ideal", 5},
                 {"veri-", "fied", 3, true}});
  std::string group;
  for (const Row& row : outcome.rows) {
    if (row.group != group) table.add_heading(group = row.group);
    if (!row.verified) {
      table.add_message(row.version, row.cell + ": " + row.failure_summary);
      continue;
    }
    table.add_row(
        {{row.version},
         {row.cell},
         {seconds(row.published)},
         {seconds(row.wall.median)},
         {row.runs > 1 ? fmt::format("±{}", percent(row.wall.spread())) : "",
          Mark::faint},
         {seconds(row.ideal)},
         {row.ideal ? percent(row.of_ideal()) : "-"},
         {"yes", Mark::good}});
  }
  return table;
}

Columns table_of(const Sheet& sheet) {
  std::vector<Column> columns;
  for (const std::string& head : sheet.head)
    columns.push_back({"", head, 0, true});
  Columns table(std::move(columns));
  for (const auto& row : sheet.rows) {
    std::vector<Field> fields;
    for (const std::string& field : row) fields.push_back({field});
    table.add_row(std::move(fields));
  }
  return table;
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

void add_promise(Document& document, const Promise& promise) {
  const auto [word, mark] =
      promise.holds == Promise::Holds::yes  ? std::pair{"yes", Mark::good}
      : promise.holds == Promise::Holds::no ? std::pair{"NO", Mark::bad}
                                            : std::pair{"?", Mark::heading};
  document.item(
      word,
      promise.note.empty() ? promise.text : promise.text + ": " + promise.note,
      mark);
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
  return interleave::timelines_of(groups, style, most_rows);
}

std::string source_of(const Finding& finding, const Settings& settings) {
  std::string text = fmt::format("published: {}", finding.experiment->source);
  if (settings.time_scale != 1)
    text +=
        fmt::format("; waits and published times x {:g}", settings.time_scale);
  return finding.outcome.rows.empty() ? text : text + "; times in seconds";
}

void write(Document& document, const Finding& finding,
           const Settings& settings) {
  const Outcome& outcome = finding.outcome;
  document.title(finding.experiment->id);
  document.note(finding.experiment->claim);
  document.note(source_of(finding, settings), Mark::faint);
  if (!outcome.rows.empty()) document.table(rows_of(outcome));
  if (settings.draw_timelines)
    document.picture(
        [&](const Style& style) { return timelines_of(outcome, style); });
  for (const Sheet& sheet : outcome.sheets)
    document.table(table_of(sheet), Rest::below, sheet.title + ":");
  for (const auto& [cells, events] : grouped(outcome.orders))
    document.item("", cells + ": " + events);
  document.end_list();
  for (const Promise& promise : outcome.promises)
    add_promise(document, promise);
  document.end_list();
  for (const std::string& remark : outcome.remarks) document.item("", remark);
  document.end_list();
  document.note("verdict: " + outcome.verdict());
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
  Document document(style);
  write(document, finding, settings);
  return document.take() + '\n';
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

std::string markdown_of(const Report& report, const Context& context) {
  Document document;
  add_facts(document, "", report.date, context.cores, context);
  for (const Finding& finding : report.findings)
    write(document, finding, report.settings);
  return document.take();
}

}  // namespace interleave::experiments
