#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "bench/experiments/experiment.hpp"
#include "bench/html/html.hpp"
#include "bench/html/pages.hpp"
#include "bench/html/places.hpp"
#include "bench/html/site.hpp"

namespace interleave::site {

namespace {

std::string cell_of(const RecordedCell& recorded, double longest) {
  const Cell& cell = *recorded.cell;
  return fmt::format("<td><a href=\"{}#{}\">{}</a>{}<small>{}</small></td>",
                     page_of(*cell.model), cell.pattern->name, cell.name(),
                     bar_of(recorded, longest), result_of(recorded));
}

/// The bars of a row have one axis.
std::string row_of(const Pattern& pattern, const Record& record) {
  std::vector<const RecordedCell*> cells;
  for (const RecordedCell& recorded : record.cells)
    if (recorded.cell->pattern == &pattern) cells.push_back(&recorded);
  std::string text = fmt::format(
      "<tr><th scope=\"row\"><a href=\"{}\">{}</a><small>{}</small></th>",
      page_of(pattern), pattern.name, with_code(pattern.promise));
  for (const Model& model : models()) {
    const auto found = std::ranges::find(
        cells, &model, [](const auto* cell) { return cell->cell->model; });
    text += found == cells.end() ? "<td class=\"empty\"></td>"
                                 : cell_of(**found, longest_of(cells));
  }
  return text + "</tr>\n";
}

std::string grid(const Record& record) {
  std::string text =
      "<table class=\"grid\">\n<thead><tr><th scope=\"col\">pattern</th>";
  for (const Model& model : models())
    text += fmt::format("<th scope=\"col\"><a href=\"{}\">{}</a></th>",
                        page_of(model), model.name);
  text += "</tr></thead>\n<tbody>\n";
  for (const Pattern& pattern : patterns()) text += row_of(pattern, record);
  return text + "</tbody>\n</table>\n";
}

std::string list_of_models() {
  std::string text = "<ul>\n";
  for (const Model& model : models())
    text += fmt::format("<li><a href=\"{}\">{}</a>: {}</li>\n", page_of(model),
                        model.name, with_code(model.summary));
  return text + "</ul>\n";
}

std::string list_of_experiments() {
  std::string text = "<ul class=\"narrow\">\n";
  for (const auto& each : experiments::experiments())
    text += fmt::format("<li><a href=\"{}\">{}</a>: {}</li>\n",
                        page_of_experiment(each.id), each.id,
                        with_code(each.claim));
  return text + "</ul>\n";
}

std::string guide() {
  constexpr std::pair<std::string_view, std::string_view> entries[] = {
      {"patterns", "what each promises in any model"},
      {"models", "what a task is and costs, and when to choose which"},
      {"measuring", "how runs are measured, and what each figure means"},
      {"failure", "what every model promises when something fails"},
      {"reference", "columns, fields, exit statuses, variables, limits"},
      {"experiments", "what was published, and what C++ changes"},
      {"glossary", "the terms"}};
  std::string text = "<ul>\n";
  for (const auto& [name, summary] : entries)
    text += fmt::format("<li><a href=\"{}\">{}</a>: {}</li>\n",
                        page_of_document(fmt::format("docs/{}.md", name)), name,
                        summary);
  return text + "</ul>\n";
}

}  // namespace

SiteFile index_page_of(const Record& record) {
  const std::string body = fmt::format(
      "<section aria-labelledby=\"grid\">\n<h2 id=\"grid\">The grid</h2>\n"
      "<p class=\"note\">Rows are patterns, columns are models. Each cell is "
      "one file. Its bar is the time it took in a recorded comparison, from "
      "zero, on the axis of its row; the line in it is the ideal.</p>\n"
      "{}<p class=\"statements\">{}</p>\n{}</section>\n"
      "<section aria-labelledby=\"models\">\n<h2 id=\"models\">The models</h2>"
      "\n{}</section>\n"
      "<section aria-labelledby=\"experiments\">\n<h2 id=\"experiments\">"
      "Published experiments, again</h2>\n{}</section>\n"
      "<section aria-labelledby=\"guide\">\n<h2 id=\"guide\">The guide</h2>\n"
      "{}</section>\n",
      grid(record), with_code(record.conclusion), provenance(record),
      list_of_models(), list_of_experiments(), guide());
  return framed({std::string(index_page), "Interleave",
                 "One job, five concurrency models",
                 "The same download-and-process job, sequential, with threads, "
                 "oneTBB, forked processes and coroutines: what changes in the "
                 "code, in the order of events and in cost.",
                 body});
}

}  // namespace interleave::site
