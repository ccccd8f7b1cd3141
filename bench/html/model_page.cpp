#include <fmt/format.h>

#include "bench/html/drawing.hpp"
#include "bench/html/html.hpp"
#include "bench/html/listing.hpp"
#include "bench/html/pages.hpp"
#include "bench/html/places.hpp"
#include "bench/html/prose.hpp"
#include "bench/html/site.hpp"

namespace interleave::site {

namespace {

/// The comment beside the code, and the run below both.
std::string pattern_in(const Column& column, const Record& record,
                       std::string_view page) {
  const Cell& cell = *column.cell;
  const RecordedCell& recorded = recorded_of(record, cell);
  return fmt::format(
      "<section class=\"beside\" aria-labelledby=\"{0}\">\n"
      "<h3 id=\"{0}\"><a href=\"{1}\">{0}</a></h3>\n"
      "<div>\n<p>{2}</p>\n{3}<p class=\"note\">{4}</p>\n"
      "</div>\n{5}{6}</section>\n",
      cell.pattern->name, link(page, page_of(*cell.pattern)),
      with_code(column.listing.concept_line), words_of(column),
      result_of(recorded), whole_code(column),
      drawing_of("A run of " + cell.name(), recorded.trace,
                 length_of(recorded.trace), Table::no));
}

}  // namespace

SiteFile model_page_of(const Model& model, const Record& record) {
  const std::string page = page_of(model);
  const Prose words(fmt::format("{}/README.md", model.folder), page);
  std::string body = words.body() +
                     fmt::format(
                         "<h2 id=\"patterns\">Its patterns</h2>\n<p "
                         "class=\"note\">Below the code: one recorded run of "
                         "each ({}).</p>\n",
                         escaped(record.pictured)) +
                     legend();
  for (const Cell& cell : catalog())
    if (cell.model == &model)
      for (const Column& column : columns_of(*cell.pattern))
        if (column.cell == &cell) body += pattern_in(column, record, page);
  body += provenance(record);
  return framed(
      {page, "model", std::string(model.name), with_code(model.summary), body});
}

}  // namespace interleave::site
