#include "bench/html/places.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "bench/html/embedded.hpp"

namespace interleave::html {

namespace {

constexpr std::array<std::string_view, 8> all_documents{
    "docs/patterns.md",    "docs/models.md",  "docs/measuring.md",
    "docs/limits.md",      "docs/failure.md", "docs/reference.md",
    "docs/experiments.md", "docs/glossary.md"};

const Cell* cell_at(std::string_view path) {
  for (const Cell& cell : catalog())
    if (cell.source() == path) return &cell;
  return nullptr;
}

std::string with_fragment(std::string page, std::string_view fragment) {
  return fragment.empty() ? page : fmt::format("{}#{}", page, fragment);
}

}  // namespace

std::string_view stem_of(std::string_view path) {
  path.remove_prefix(path.rfind('/') + 1);
  return path.substr(0, path.find('.'));
}

std::string page_of(const Pattern& pattern) {
  return fmt::format("patterns/{}.html", pattern.name);
}

std::string page_of(const Model& model) {
  return fmt::format("models/{}.html", model.name);
}

std::string page_of_experiment(std::string_view id) {
  return fmt::format("experiments/{}.html", id);
}

std::string page_of_source(std::string_view path) {
  return fmt::format("sources/{}.html", path);
}

std::string page_of_document(std::string_view path) {
  return fmt::format("guide/{}.html", stem_of(path));
}

std::span<const std::string_view> documents() {
  return all_documents;
}

bool is_shown_source(std::string_view path) {
  const bool ours = path.ends_with(".hpp") || path.ends_with(".cpp");
  return ours && !cell_at(path) && !embedded(path).empty();
}

std::string link(std::string_view from, std::string_view to) {
  constexpr std::string_view up = "../";
  std::string text;
  for (auto depth = std::ranges::count(from, '/'); depth > 0; --depth)
    text.append(up);
  return text.append(to);
}

std::optional<std::string> shown_at(std::string_view path,
                                    std::string_view fragment) {
  if (const Cell* cell = cell_at(path))
    return with_fragment(page_of(*cell->model), cell->pattern->name);
  if (path == "docs/patterns.md")
    for (const Pattern& pattern : patterns())
      if (pattern.name == fragment) return page_of(pattern);
  for (const Model& model : models())
    if (path == fmt::format("{}/README.md", model.folder))
      return with_fragment(page_of(model), fragment);
  if (std::ranges::find(all_documents, path) != all_documents.end())
    return with_fragment(page_of_document(path), fragment);
  if (is_shown_source(path)) return page_of_source(path);
  return std::nullopt;
}

}  // namespace interleave::html
