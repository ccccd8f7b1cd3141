#include <fmt/format.h>

#include <algorithm>

#include "bench/html/html.hpp"
#include "bench/html/places.hpp"
#include "bench/html/prose.hpp"
#include "bench/html/site.hpp"
#include "bench/html/source.hpp"
#include "bench/html/timeline.hpp"

namespace interleave::html {

namespace {

std::string other_patterns(const Pattern& pattern, std::string_view page) {
  std::string text = R"(<nav aria-label="Patterns" class="others">)";
  for (const Pattern& other : patterns())
    text += (&other == &pattern ? fmt::format("<strong>{}</strong>", other.name)
                                : anchor(page, page_of(other), other.name)) +
            ' ';
  return text + "</nav>\n";
}

/// Chooses, without a script, which model stands on a side. At first those are
/// tasks that block, and tasks that suspend.
std::string choice(const std::vector<Column>& columns, std::string_view side,
                   const Column& first) {
  std::string text = fmt::format("<fieldset><legend>{}</legend>\n", side);
  for (const Column& column : columns)
    text += fmt::format(
        "<label><input type=\"radio\" name=\"{0}\" id=\"{0}-{1}\"{2}> {1}"
        "</label>\n",
        side, column.cell->model->name, &column == &first ? " checked" : "");
  return text + "</fieldset>\n";
}

std::string column_of(const Column& column, std::string_view code,
                      const RecordedCell& recorded, std::int64_t end,
                      std::string_view page) {
  const auto& [model, pattern, run] = *column.cell;
  return fmt::format(
      "<article class=\"column {0}\" aria-labelledby=\"{0}\">\n"
      "<h3 id=\"{0}\">{1} <small>{2}</small></h3>\n"
      "<p class=\"words\">{3}</p>\n{4}<div class=\"run\">\n{5}{6}</div>\n"
      "</article>\n",
      model->name,
      anchor(page, fmt::format("{}#{}", page_of(*model), pattern->name),
             model->name),
      time_text(recorded.entry), with_code(column.listing.words), code,
      timeline_of("A run of " + recorded.entry.name, recorded.trace, end,
                  Pointing::titles),
      items_of(recorded.entry.name, recorded.trace, true));
}

}  // namespace

SiteFile pattern_page_of(const Pattern& pattern, const Record& record) {
  const std::string page = page_of(pattern);
  const std::vector<Column> columns = columns_of(pattern);
  const std::vector<std::string> code = paragraphs(columns);
  std::vector<const Entry*> entries;
  std::int64_t end = 0;
  for (const Column& column : columns) {
    const RecordedCell& recorded = recorded_of(record, *column.cell);
    entries.push_back(&recorded.entry);
    end = std::max(end, length_of(recorded.trace));
  }
  std::string sources = fmt::format(
      "<p class=\"note\">Lines that the other one lacks are marked. Beside a "
      "name: its time in the table below. Below the code: one recorded run of "
      "another job, {}, on one axis.</p>\n<div class=\"pair\">\n"
      "<div class=\"choices\">\n{}{}</div>\n{}<div class=\"columns\">\n",
      escaped(record.pictured), choice(columns, "left", columns.front()),
      choice(columns, "right", columns.back()), key_of_timelines());
  for (std::size_t n = 0; n < columns.size(); ++n)
    sources += column_of(columns[n], code[n],
                         recorded_of(record, *columns[n].cell), end, page);
  return framed(
      {page, "pattern", std::string(pattern.name),
       with_code(columns.front().listing.concept_line),
       other_patterns(pattern, page) +
           section("sources", "Models side by side",
                   sources + "</div>\n</div>\n") +
           section("results", "Times by model",
                   figures_of("Figures of each model", entries, Bars::yes) +
                       provenance(record, page)) +
           section("promises", "Promises in any model",
                   Prose("docs/patterns.md", page).below(pattern.name))});
}

}  // namespace interleave::html
