#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "bench/html/html.hpp"
#include "bench/html/places.hpp"
#include "bench/html/site.hpp"

namespace interleave::html {

namespace {

std::string cell_of(const Entry& entry, double end) {
  const Cell& cell = *entry.cell;
  return fmt::format(
      "<td class=\"bar\">{}{}<small>{}</small></td>",
      anchor(index_page,
             fmt::format("{}#{}", page_of(*cell.model), cell.pattern->name),
             cell.name()),
      drawing_of(bar_of(entry), end), time_text(entry));
}

/// All bars have one axis, so that any two can be compared.
std::string grid(const Record& record) {
  std::string text =
      "<table class=\"grid\">\n<thead><tr><th scope=\"col\">pattern</th>";
  for (const Model& model : models())
    text += fmt::format("<th scope=\"col\">{}</th>",
                        anchor(index_page, page_of(model), model.name));
  text += "</tr></thead>\n<tbody>\n";
  double end = 1;
  for (const RecordedCell& recorded : record.cells)
    end = std::max(end, bar_of(recorded.entry).longest());
  for (const Pattern& pattern : patterns()) {
    text += fmt::format("<tr><th scope=\"row\">{}<small>{}</small></th>",
                        anchor(index_page, page_of(pattern), pattern.name),
                        with_code(pattern.promise));
    for (const Model& model : models()) {
      const auto found =
          std::ranges::find_if(record.cells, [&](const RecordedCell& each) {
            return each.entry.cell->model == &model &&
                   each.entry.cell->pattern == &pattern;
          });
      text += found == record.cells.end() ? "<td class=\"empty\"></td>"
                                          : cell_of(found->entry, end);
    }
    text += "</tr>\n";
  }
  return text + "</tbody>\n</table>\n";
}

std::string list_of_models() {
  std::vector<std::string> items;
  for (const Model& model : models())
    items.push_back(anchor(index_page, page_of(model), model.name) + ": " +
                    with_code(model.summary));
  return list_of(items);
}

std::string guide() {
  constexpr std::pair<std::string_view, std::string_view> entries[] = {
      {"patterns", "what each promises in any model"},
      {"models", "what a task is and costs, and when to choose which"},
      {"measuring", "how runs are measured, and what each figure means"},
      {"limits", "why limits exist, and one that finds itself"},
      {"failure", "what every model promises when something fails"},
      {"reference", "columns, fields, exit statuses, variables, limits"},
      {"experiments", "what was published, and what C++ changes"},
      {"glossary", "the terms"}};
  std::vector<std::string> items;
  for (const auto& [name, summary] : entries)
    items.push_back(fmt::format(
        "{}: {}", anchor(index_page, page_of_document(name), name), summary));
  return list_of(items);
}

}  // namespace

SiteFile index_page_of(const Record& record) {
  return framed(
      {std::string(index_page), "Interleave",
       "One job, five concurrency models",
       "The same download-and-process job, sequential, with threads, oneTBB, "
       "forked processes and coroutines: what changes in the code, in the "
       "order "
       "of events and in cost.",
       section("grid", "The grid",
               "<p class=\"note\">Rows are patterns, columns are models. Each "
               "cell is one file. Its bar is its median time in a recorded "
               "comparison, and the line at the bar its ideal: the lower bound "
               "of the pattern. All bars begin at zero and have one scale. "
               "Compare models within a row: patterns differ in what limits "
               "them.</p>\n" +
                   grid(record) + statements(record.conclusion) +
                   provenance(record, index_page)) +
           section("models", "The models", list_of_models()) +
           section("experiments", "Published experiments, reproduced",
                   list_of_experiments(index_page)) +
           section("guide", "The guide", guide())});
}

}  // namespace interleave::html
