// The site: pages about patterns, models and experiments, made of the sources
// that were compiled, the documents, and recorded runs.
#pragma once

#include <vector>

#include "bench/html/html.hpp"
#include "bench/html/record.hpp"

namespace interleave::site {

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

}  // namespace interleave::site
