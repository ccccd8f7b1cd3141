// The site: pages about patterns, models and experiments, made of the sources
// that were compiled, the documents, and recorded runs.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/html/record.hpp"

namespace interleave::html {

/// A file of the site, its path from the root of the site.
struct SiteFile {
  std::string path, text;
};

/// The runs that the program carries. Throws InputError.
Record carried_record();

/// Every file of the site. The same record makes the same bytes, on any
/// machine and at any time.
std::vector<SiteFile> make_site(const Record& record);

// The pages, each with the links and pictures it takes.
SiteFile index_page_of(const Record& record);
SiteFile pattern_page_of(const Pattern& pattern, const Record& record);
SiteFile model_page_of(const Model& model, const Record& record);
SiteFile experiment_page_of(const experiments::Experiment& experiment,
                            const Record& record);

// What pages have in common.

/// What a page is, around which the frame is put.
struct Content {
  std::string path;
  std::string kind;        ///< of the page: "pattern"
  std::string title;       ///< plain text
  std::string lead, body;  ///< HTML
};
SiteFile framed(const Content& content);

/// `<a>` in the page `from` to the page `to`; the words are HTML.
std::string anchor(std::string_view from, std::string_view to,
                   std::string_view words);

/// Experiments with their claims and sources, as a list in the page `from`.
std::string list_of_experiments(std::string_view from);

/// What was recorded of a cell. Throws InputError when nothing was.
const RecordedCell& recorded_of(const Record& record, const Cell& cell);

/// How the runs were recorded, and where their figures are explained.
std::string provenance(const Record& record, std::string_view from);

}  // namespace interleave::html
