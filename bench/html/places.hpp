// Where things stand on the site: patterns, models, experiments, files.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bench/grid/catalog.hpp"

namespace interleave::html {

inline constexpr std::string_view index_page = "index.html";
inline constexpr std::string_view style_sheet = "style.css";
inline constexpr std::string_view record_file = "recorded.json";

// Paths of pages, from the root of the site.
std::string page_of(const Pattern& pattern);
std::string page_of(const Model& model);
std::string page_of_experiment(std::string_view id);
/// Of a file of the project that is neither a pattern nor a document.
std::string page_of_source(std::string_view path);
/// Of a document that is shown whole: "docs/glossary.md".
std::string page_of_document(std::string_view path);

/// The name of a document: "glossary".
std::string_view stem_of(std::string_view path);

/// The documents that are shown whole.
std::span<const std::string_view> documents();

/// Whether `path` is shown on a page of its own.
bool is_shown_source(std::string_view path);

/// `to` as a link in the page `from`, so that it works from a disk, too.
std::string link(std::string_view from, std::string_view to);

/// Where a file of the project is shown, with what follows a `#` in a link to
/// it; nothing where it is not.
std::optional<std::string> shown_at(std::string_view path,
                                    std::string_view fragment);

}  // namespace interleave::html
