#include "bench/html/prose.hpp"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <vector>

#include "bench/html/embedded.hpp"
#include "bench/html/html.hpp"
#include "bench/html/places.hpp"

namespace interleave::html {

namespace {

std::string_view literal(cmark_node* node) {
  const char* const text = cmark_node_get_literal(node);
  return text ? text : "";
}

/// The plain text of a heading or a link.
std::string text_of(cmark_node* node) {
  std::string text;
  for (cmark_node* child = cmark_node_first_child(node); child;
       child = cmark_node_next(child))
    text += cmark_node_first_child(child) ? text_of(child)
                                          : std::string(literal(child));
  return text;
}

bool is_heading(cmark_node* node) {
  return cmark_node_get_type(node) == CMARK_NODE_HEADING;
}

bool is_heading_or_item(cmark_node* node) {
  return is_heading(node) || cmark_node_get_type(node) == CMARK_NODE_ITEM;
}

bool is_table(cmark_node* node) {
  return std::string_view(cmark_node_get_type_string(node)) == "table";
}

/// The nodes that `wanted` accepts, in the order of the text.
template <class Wanted>
std::vector<cmark_node*> all(cmark_node* root, Wanted wanted) {
  std::vector<cmark_node*> found;
  cmark_iter* const walk = cmark_iter_new(root);
  while (cmark_iter_next(walk) != CMARK_EVENT_DONE) {
    cmark_node* const node = cmark_iter_get_node(walk);
    if (cmark_iter_get_event_type(walk) == CMARK_EVENT_ENTER && wanted(node))
      found.push_back(node);
  }
  cmark_iter_free(walk);
  return found;
}

std::string_view document(std::string_view path) {
  const std::string_view text = embedded(path);
  if (text.empty())
    throw std::logic_error(fmt::format("no document {} in the program", path));
  return text;
}

/// Commands are typed, everything else is printed.
std::string listing(cmark_node* node) {
  const std::string_view info = cmark_node_get_fence_info(node);
  const bool typed = info == "sh";
  return fmt::format("<pre class=\"session\"><{0}>{1}</{0}></pre>\n",
                     typed ? "kbd" : "samp", escaped(literal(node)));
}

/// Markdown cannot leave out a table's head: one that says nothing goes, and
/// a corner of others that says nothing is no head.
std::string without_empty_heads(cmark_node* table, std::string html) {
  constexpr std::string_view corner = "<th></th>", end = "</thead>\n";
  if (text_of(cmark_node_first_child(table)).empty()) {
    const std::size_t head = html.find("<thead>");
    return html.erase(head, html.find(end) + end.size() - head);
  }
  for (std::size_t at; (at = html.find(corner)) != html.npos;)
    html.replace(at, corner.size(), "<td></td>");
  return html;
}

}  // namespace

std::string slug(std::string_view heading) {
  std::string id;
  for (const char c : heading) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) || c == '_' || c == '-')
      id += static_cast<char>(std::tolower(byte));
    else if (c == ' ')
      id += '-';
  }
  return id;
}

Prose::Prose(std::string_view path, std::string_view page)
    : Prose(document(path), path, page) {}

Prose::Prose(std::string_view text, std::string_view path,
             std::string_view page)
    : path_(path), page_(page) {
  cmark_gfm_core_extensions_ensure_registered();
  parser_ = cmark_parser_new(CMARK_OPT_DEFAULT);
  cmark_parser_attach_syntax_extension(parser_,
                                       cmark_find_syntax_extension("table"));
  cmark_parser_feed(parser_, text.data(), text.size());
  root_ = cmark_parser_finish(parser_);
  lead_links_to_pages();
}

Prose::~Prose() {
  cmark_node_free(root_);
  cmark_parser_free(parser_);
}

void Prose::lead_links_to_pages() {
  for (cmark_node* const link : all(root_, [](cmark_node* node) {
         return cmark_node_get_type(node) == CMARK_NODE_LINK;
       }))
    redirect(link);
}

/// A link to what is not on the site becomes its words, and where it is.
void Prose::redirect(cmark_node* link) {
  const std::string_view url = cmark_node_get_url(link);
  if (url.starts_with("https://")) return;
  const std::size_t mark = std::min(url.find('#'), url.size());
  const std::string_view fragment = url.substr(std::min(mark + 1, url.size()));
  const std::filesystem::path here(path_);
  const std::string target = mark == 0
                                 ? path_
                                 : (here.parent_path() / url.substr(0, mark))
                                       .lexically_normal()
                                       .generic_string();
  if (const auto shown = shown_at(target, fragment)) {
    cmark_node_set_url(link, interleave::html::link(page_, *shown).c_str());
    return;
  }
  if (text_of(link) != target) {
    cmark_node* const where = cmark_node_new(CMARK_NODE_TEXT);
    cmark_node_set_literal(where, fmt::format(" ({})", target).c_str());
    cmark_node_insert_after(link, where);
  }
  while (cmark_node* const word = cmark_node_first_child(link))
    cmark_node_insert_before(link, word);
  cmark_node_free(link);
}

std::string Prose::html(cmark_node* node) const {
  char* const made = cmark_render_html(
      node, CMARK_OPT_DEFAULT, cmark_parser_get_syntax_extensions(parser_));
  std::string text(made);
  std::free(made);
  return text;
}

std::string Prose::block(cmark_node* node) const {
  if (is_table(node))
    return scrolling("Table", without_empty_heads(node, html(node)));
  if (is_heading(node)) {
    std::string text = html(node);
    return text.insert(3, fmt::format(" id=\"{}\"", slug(text_of(node))));
  }
  switch (cmark_node_get_type(node)) {
    case CMARK_NODE_CODE_BLOCK:
      return listing(node);
    case CMARK_NODE_HTML_BLOCK:  // marks for programs
      return {};
    default:
      return html(node);
  }
}

std::string Prose::body() const {
  std::string text;
  for (cmark_node* node = cmark_node_first_child(root_); node;
       node = cmark_node_next(node))
    if (cmark_node_get_heading_level(node) != 1) text += block(node);
  return text;
}

cmark_node* Prose::heading_named(std::string_view heading) const {
  cmark_node* node = cmark_node_first_child(root_);
  while (node && !(is_heading(node) && text_of(node) == heading))
    node = cmark_node_next(node);
  if (!node)
    throw std::logic_error(fmt::format("no '{}' in {}", heading, path_));
  return node;
}

std::string Prose::below(std::string_view heading) const {
  cmark_node* node = heading_named(heading);
  const int level = cmark_node_get_heading_level(node);
  std::string text;
  while ((node = cmark_node_next(node)) &&
         !(is_heading(node) && cmark_node_get_heading_level(node) <= level))
    text += block(node);
  return text;
}

std::string Prose::opening() const {
  std::string text;
  for (cmark_node* node = cmark_node_first_child(root_);
       node && !is_heading(node); node = cmark_node_next(node))
    text += block(node);
  return text;
}

Prose::Entry Prose::entry(std::string_view word) const {
  Entry entry;
  for (cmark_node* const node : all(root_, is_heading_or_item)) {
    if (is_heading(node)) {
      entry.heading = text_of(node);
      continue;
    }
    cmark_node* const first =
        cmark_node_first_child(cmark_node_first_child(node));
    if (cmark_node_get_type(first) != CMARK_NODE_CODE || literal(first) != word)
      continue;
    entry.id = slug(entry.heading);
    for (cmark_node* child = cmark_node_next(first); child;
         child = cmark_node_next(child))
      entry.html += html(child);
    entry.html.erase(0, entry.html.find_first_not_of(": "));
    entry.html.front() = static_cast<char>(
        std::toupper(static_cast<unsigned char>(entry.html.front())));
    return entry;
  }
  return {};
}

}  // namespace interleave::html
