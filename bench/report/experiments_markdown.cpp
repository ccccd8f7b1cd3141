#include <fmt/format.h>

#include "bench/report/experiments.hpp"
#include "bench/report/report.hpp"
#include "bench/text/text.hpp"
#include "bench/text/units.hpp"

namespace interleave::experiments {

namespace {

constexpr std::string_view begin_mark = "<!-- reproduce -->\n";
constexpr std::string_view end_mark = "<!-- /reproduce -->";

template <class Optional>
std::string time(const Optional& time) {
  return time ? format_duration(*time) : "";
}

std::string line_of(const std::vector<std::string>& fields) {
  std::string line = "|";
  for (const std::string& field : fields)
    line += ' ' + escape_markdown(printable(field)) + " |";
  return line + '\n';
}

std::string row_of(const Row& row) {
  std::string measured = format_duration(
      std::chrono::nanoseconds(static_cast<std::int64_t>(row.wall.median)));
  if (row.runs > 1)
    measured += fmt::format(" +- {:.1f}%", row.wall.spread() * 100);
  return line_of(
      {row.group.empty() ? row.version : row.group + ": " + row.version,
       row.cell, time(row.published), measured, time(row.ideal),
       row.ideal && row.verified ? fmt::format("{:.0f}%", row.of_ideal() * 100)
                                 : "",
       row.verified ? "yes" : "no: " + row.trouble});
}

std::string sheet_of(const Sheet& sheet) {
  std::string text = escape_markdown(sheet.title) + ":\n\n";
  text += line_of(sheet.head);
  text += '|';
  for (std::size_t i = 0; i < sheet.head.size(); ++i) text += "---|";
  text += '\n';
  for (const auto& row : sheet.rows) text += line_of(row);
  return text + '\n';
}

std::string promise_of(const Promise& promise) {
  const std::string_view word = promise.holds == Promise::Holds::yes  ? "yes"
                                : promise.holds == Promise::Holds::no ? "**no**"
                                                                      : "?";
  std::string words = promise.text;
  if (!promise.note.empty()) words += ": " + promise.note;
  return fmt::format("- {}: {}\n", word, escape_markdown(printable(words)));
}

std::string finding_of(const Finding& finding) {
  const Outcome& outcome = finding.outcome;
  std::string text = fmt::format("### {}\n\n{}\n\n", finding.experiment->id,
                                 escape_markdown(finding.experiment->claim));
  if (!outcome.rows.empty()) {
    text +=
        "| version | cell | published | measured | ideal | of ideal | verified "
        "|\n|---|---|--:|--:|--:|--:|---|\n";
    for (const Row& row : outcome.rows) text += row_of(row);
    text += '\n';
  }
  for (const Sheet& sheet : outcome.sheets) text += sheet_of(sheet);
  for (const Order& order : outcome.orders)
    text += fmt::format("- {}: `{}`\n", order.cell, printable(order.events));
  if (!outcome.orders.empty()) text += '\n';
  for (const Promise& promise : outcome.promises) text += promise_of(promise);
  return text + fmt::format("\nVerdict: {}\n\n",
                            escape_markdown(printable(outcome.verdict())));
}

}  // namespace

std::string markdown_of(const Report& report, const Context& context) {
  std::string text = fmt::format(
      "{} of {} cores of {}, {}; {} {}; {}; commit {}; time scale {:g}\n\n",
      context.cores, context.cores_online,
      escape_markdown(printable(context.cpu_model)),
      escape_markdown(printable(context.kernel)),
      escape_markdown(context.compiler), escape_markdown(context.build_type),
      report.date, context.git_commit, report.settings.time_scale);
  for (const Finding& finding : report.findings) text += finding_of(finding);
  return text;
}

std::string spliced(std::string_view document, std::string_view part) {
  const std::size_t begin = document.find(begin_mark);
  if (begin == document.npos) return std::string(part);
  const std::size_t from = begin + begin_mark.size();
  const std::size_t end = document.find(end_mark, from);
  if (end == document.npos) return std::string(part);
  return fmt::format("{}{}{}", document.substr(0, from), part,
                     document.substr(end));
}

}  // namespace interleave::experiments
