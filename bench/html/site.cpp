#include "bench/html/site.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bench/experiments/experiment.hpp"
#include "bench/html/embedded.hpp"
#include "bench/html/html.hpp"
#include "bench/html/places.hpp"
#include "bench/html/prose.hpp"
#include "bench/html/source.hpp"
#include "bench/text/input.hpp"

namespace interleave::html {

namespace {

/// The words of the document's title come from its first line.
SiteFile document_page(std::string_view path) {
  const std::string page = page_of_document(path);
  const std::string_view text = embedded(path);
  const std::string title(text.substr(2, text.find('\n') - 2));
  std::string body = Prose(path, page).body();
  if (path == "docs/experiments.md") body.insert(0, list_of_experiments(page));
  return framed({page, "guide", title,
                 fmt::format("From <code>{}</code>", escaped(path)), body});
}

SiteFile source_page(std::string_view path, std::string_view text) {
  const std::string page = page_of_source(path);
  const std::string_view first = text.substr(0, text.find('\n'));
  const std::string lead(first.starts_with("// ") ? first.substr(3) : "");
  return framed({page, "source", std::string(path), with_code(lead),
                 whole_file(path, text)});
}

/// The style with each line that says MODEL once for each model.
std::string style() {
  std::string text(embedded("bench/html/page.css"));
  for (const std::string_view line : lines_of(embedded("bench/html/site.css")))
    if (constexpr std::string_view word = "MODEL"; line.find(word) != line.npos)
      for (const Model& model : models()) {
        std::string rule(line);
        for (std::size_t at; (at = rule.find(word)) != rule.npos;)
          rule.replace(at, word.size(), model.name);
        text += rule + '\n';
      }
    else
      text += std::string(line) + '\n';
  return text;
}

std::string navigation(const Content& content) {
  if (content.path == index_page) return {};
  std::string text = "<nav aria-label=\"Site\">" +
                     anchor(content.path, index_page, "Interleave: the grid");
  for (const std::string_view document : documents())
    text += ' ' +
            anchor(content.path, page_of_document(document), stem_of(document));
  return text + "</nav>\n";
}

}  // namespace

Record carried_record() {
  return parse_record(embedded(fmt::format("docs/{}", record_file)));
}

std::vector<SiteFile> make_site(const Record& record) {
  std::vector<SiteFile> files;
  files.push_back(index_page_of(record));
  for (const Pattern& pattern : patterns())
    files.push_back(pattern_page_of(pattern, record));
  for (const Model& model : models())
    files.push_back(model_page_of(model, record));
  for (const auto& experiment : experiments::experiments())
    files.push_back(experiment_page_of(experiment, record));
  for (const std::string_view path : documents())
    files.push_back(document_page(path));
  for (const auto& [path, text] : embedded_files())
    if (is_shown_source(path)) files.push_back(source_page(path, text));
  files.push_back({std::string(style_sheet), style()});
  files.push_back({std::string(record_file), json_of(record)});
  return files;
}

SiteFile framed(const Content& content) {
  const bool index = content.path == index_page;
  Frame frame;
  frame.tab = index ? content.title : content.title + " - Interleave";
  frame.title = content.title;
  frame.kicker = content.kind;
  frame.lead = content.lead;
  frame.head = fmt::format("<link rel=\"stylesheet\" href=\"{}\">\n",
                           link(content.path, style_sheet));
  frame.navigation = navigation(content);
  frame.footer = fmt::format(
      "<p class=\"note\">Made by <code>./run docs</code> from the sources that "
      "were compiled and from {}.</p>\n",
      anchor(content.path, record_file, "recorded runs"));
  return {content.path, opening(frame) + content.body + closing(frame)};
}

std::string anchor(std::string_view from, std::string_view to,
                   std::string_view words) {
  return fmt::format("<a href=\"{}\">{}</a>", link(from, to), words);
}

std::string list_of_experiments(std::string_view from) {
  std::vector<std::string> items;
  for (const auto& each : experiments::experiments())
    items.push_back(
        fmt::format("{}: {} <small>Source: {}.</small>",
                    anchor(from, page_of_experiment(each.id), each.id),
                    with_code(each.claim), with_code(each.source)));
  return list_of(items);
}

const RecordedCell& recorded_of(const Record& record, const Cell& cell) {
  const auto found = std::ranges::find(
      record.cells, &cell,
      [](const RecordedCell& recorded) { return recorded.entry.cell; });
  if (found == record.cells.end())
    throw InputError(fmt::format(
        "no run of {} was recorded: record all: ./run docs --record",
        cell.name()));
  return *found;
}

std::string provenance(const Record& record, std::string_view from) {
  const auto document = [&](std::string_view path, std::string_view words) {
    return anchor(from, page_of_document(path), words);
  };
  return fmt::format(
      "<p class=\"note\">Times: {}. {}. {} See {} for what each figure means "
      "and what the ideal is, {} for every column, and {} for what happens "
      "when an item fails.</p>\n",
      escaped(record.job), escaped(record.machine), escaped(record.made),
      document("docs/measuring.md", "measuring"),
      document("docs/reference.md", "reference"),
      document("docs/failure.md", "failure"));
}

}  // namespace interleave::html
