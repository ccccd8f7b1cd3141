#include "bench/html/site.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bench/experiments/experiment.hpp"
#include "bench/html/embedded.hpp"
#include "bench/html/listing.hpp"
#include "bench/html/places.hpp"
#include "bench/html/prose.hpp"

namespace interleave::site {

namespace {

/// The words of the document's title come from its first line.
SiteFile document_page(std::string_view path) {
  const std::string page = page_of_document(path);
  const std::string_view text = embedded(path);
  const std::string title(text.substr(2, text.find('\n') - 2));
  const Prose prose(path, page);
  std::string body;
  if (path == "docs/experiments.md") {
    body = "<ul>\n";
    for (const auto& each : experiments::experiments())
      body += fmt::format("<li><a href=\"{}\">{}</a>: {}</li>\n",
                          link(page, page_of_experiment(each.id)), each.id,
                          with_code(each.claim));
    body += "</ul>\n" + prose.body();
  } else {
    body = prose.body();
  }
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

/// A line that speaks of MODEL, once for each.
std::string for_each_model(std::string_view lines) {
  constexpr std::string_view place = "MODEL";
  std::string text;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size() - 1) + 1;
    const std::string line(lines.substr(0, end));
    lines.remove_prefix(end);
    if (line.find(place) == line.npos) {
      text += line;
      continue;
    }
    for (const Model& model : models()) {
      std::string own = line;
      for (std::size_t at = 0; (at = own.find(place)) != own.npos;)
        own.replace(at, place.size(), model.name);
      text += own;
    }
  }
  return text;
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
  files.push_back({std::string(style_sheet),
                   std::string(embedded("bench/html/page.css")) +
                       for_each_model(embedded("bench/html/site.css"))});
  files.push_back({std::string(record_file), json_of(record)});
  return files;
}

}  // namespace interleave::site
