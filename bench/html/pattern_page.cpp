#include <fmt/format.h>

#include <algorithm>

#include "bench/html/drawing.hpp"
#include "bench/html/html.hpp"
#include "bench/html/listing.hpp"
#include "bench/html/pages.hpp"
#include "bench/html/places.hpp"
#include "bench/html/prose.hpp"
#include "bench/html/site.hpp"

namespace interleave::site {

namespace {

std::string other_patterns(const Pattern& pattern, std::string_view page) {
  std::string text = "<nav aria-label=\"Patterns\" class=\"others\">";
  for (const Pattern& other : patterns()) {
    if (&other == &pattern)
      text += fmt::format("<strong>{}</strong> ", other.name);
    else
      text += fmt::format("<a href=\"{}\">{}</a> ", link(page, page_of(other)),
                          other.name);
  }
  text.pop_back();
  return text + "</nav>\n";
}

/// The two that are shown at first: what tasks that block and tasks that
/// suspend look like.
std::size_t shown_first(const std::vector<Column>& columns, bool left) {
  return left ? 0 : columns.size() - 1;
}

/// Chooses, without a script, which model stands on a side.
std::string choice(const std::vector<Column>& columns, bool left) {
  const std::string_view side = left ? "left" : "right";
  std::string text =
      fmt::format("<fieldset><legend>{}</legend>\n", left ? "Left" : "Right");
  for (std::size_t n = 0; n < columns.size(); ++n) {
    const std::string_view model = columns[n].cell->model->name;
    text += fmt::format(
        "<label><input type=\"radio\" name=\"{0}\" id=\"{0}-{1}\"{2}> {1}"
        "</label>\n",
        side, model, n == shown_first(columns, left) ? " checked" : "");
  }
  return text + "</fieldset>\n";
}

std::string column_of(const std::vector<Column>& columns, std::size_t n,
                      const Record& record, std::int64_t end,
                      std::string_view page) {
  const Cell& cell = *columns[n].cell;
  const RecordedCell& recorded = recorded_of(record, cell);
  const std::string href = fmt::format(
      "{}#{}", link(page, page_of(*cell.model)), cell.pattern->name);
  return fmt::format(
      "<article class=\"column {0}\" aria-labelledby=\"{0}\">\n"
      "<h3 id=\"{0}\"><a href=\"{1}\">{0}</a> <small>{2}</small></h3>\n"
      "{3}{4}{5}</article>\n",
      cell.model->name, href, result_of(recorded), words_of(columns[n]),
      paragraphs(columns, n),
      drawing_of("A run of " + cell.name(), recorded.trace, end, Table::yes));
}

std::string sources_of(const std::vector<Column>& columns, const Record& record,
                       std::string_view page) {
  std::int64_t end = 0;
  for (const Column& column : columns)
    end = std::max(end, length_of(recorded_of(record, *column.cell).trace));
  std::string text = fmt::format(
      "<section aria-labelledby=\"sources\">\n<h2 id=\"sources\">Models "
      "side by side</h2>\n<p class=\"note\">Lines that the other one has not "
      "are marked. Beside a name: its time in the table below. Below the code: "
      "one recorded run of another job, {}, on one axis."
      "</p>\n<div class=\"pair\">\n<div class=\"choices\">\n{}{}</div>\n{}"
      "<div class=\"columns\">\n",
      escaped(record.pictured), choice(columns, true), choice(columns, false),
      legend());
  for (std::size_t n = 0; n < columns.size(); ++n)
    text += column_of(columns, n, record, end, page);
  return text + "</div>\n</div>\n</section>\n";
}

std::string results_of(const std::vector<Column>& columns,
                       const Record& record) {
  std::vector<const RecordedCell*> cells;
  for (const Column& column : columns)
    cells.push_back(&recorded_of(record, *column.cell));
  return "<section aria-labelledby=\"results\">\n<h2 id=\"results\">What each "
         "model took</h2>\n" +
         result_table(cells) + provenance(record) + "</section>\n";
}

}  // namespace

SiteFile pattern_page_of(const Pattern& pattern, const Record& record) {
  const std::string page = page_of(pattern);
  const std::vector<Column> columns = columns_of(pattern);
  const Prose rules("docs/patterns.md", page);
  const std::string& promise = columns.front().listing.concept_line;
  return framed(
      {page, "pattern", std::string(pattern.name), with_code(promise),
       other_patterns(pattern, page) + sources_of(columns, record, page) +
           results_of(columns, record) +
           "<section aria-labelledby=\"promises\">\n<h2 id=\"promises\">What "
           "it promises in any model</h2>\n" +
           rules.below(pattern.name) + "</section>\n"});
}

}  // namespace interleave::site
