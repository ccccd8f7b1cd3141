#include <fmt/format.h>

#include "bench/html/html.hpp"
#include "bench/html/places.hpp"
#include "bench/html/prose.hpp"
#include "bench/html/site.hpp"
#include "bench/html/source.hpp"
#include "bench/html/timeline.hpp"

namespace interleave::html {

namespace {

/// The comment beside the code, and the run below both.
std::string pattern_in(const Column& column, const Record& record,
                       std::string_view page) {
  const Pattern& pattern = *column.cell->pattern;
  const auto& [entry, trace] = recorded_of(record, *column.cell);
  return fmt::format(
      "<section class=\"beside\" aria-labelledby=\"{0}\">\n"
      "<h3 id=\"{0}\">{1}</h3>\n"
      "<div>\n<p>{2}</p>\n<p class=\"words\">{3}</p>\n<p class=\"note\">{4}</p>"
      "\n</div>\n{5}{6}</section>\n",
      pattern.name, anchor(page, page_of(pattern), pattern.name),
      with_code(column.listing.concept_line), with_code(column.listing.words),
      time_text(entry), whole_code(column),
      timeline_of("A run of " + entry.name, trace, length_of(trace),
                  Pointing::titles));
}

}  // namespace

SiteFile model_page_of(const Model& model, const Record& record) {
  const std::string page = page_of(model);
  std::string patterns_of_it = fmt::format(
                                   "<p class=\"note\">Below the code: one "
                                   "recorded run of each ({}).</p>\n",
                                   escaped(record.pictured)) +
                               key_of_timelines();
  for (const Pattern& pattern : patterns())
    for (const Column& column : columns_of(pattern))
      if (column.cell->model == &model)
        patterns_of_it += pattern_in(column, record, page);
  return framed({page, "model", std::string(model.name),
                 with_code(model.summary),
                 Prose(fmt::format("{}/README.md", model.folder), page).body() +
                     section("patterns", "Its patterns",
                             patterns_of_it + provenance(record, page))});
}

}  // namespace interleave::html
