// Documents of ours as parts of a page: Markdown to HTML, with links that lead
// to pages of the site.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct cmark_node;
struct cmark_parser;

namespace interleave::html {

/// A document the program carries, for one page. Code blocks in documents are
/// commands and what they print, so they become `<kbd>` and `<samp>`: `<code>`
/// in a `<pre>` is compiled code, always.
class Prose {
 public:
  /// `path` from the root of the project, `page` from that of the site.
  /// Throws std::logic_error when the program carries no such document.
  Prose(std::string_view path, std::string_view page);
  /// The same for Markdown that is no document; `path` is where links start.
  Prose(std::string_view text, std::string_view path, std::string_view page);
  ~Prose();
  Prose(const Prose&) = delete;
  Prose& operator=(const Prose&) = delete;

  /// Everything but the title.
  std::string body() const;

  /// What stands below the heading, up to the next one of its level. Throws
  /// std::logic_error when there is no such heading.
  std::string below(std::string_view heading) const;

  /// What stands before the first heading.
  std::string opening() const;

  /// The list item that begins with `word` as code, without it and as a
  /// sentence; and below which heading it stands. Empty where there is none.
  struct Entry {
    std::string html, heading, id;
  };
  Entry entry(std::string_view word) const;

 private:
  void lead_links_to_pages();
  void redirect(cmark_node* link);
  cmark_node* heading_named(std::string_view heading) const;
  std::string block(cmark_node* node) const;
  std::string html(cmark_node* node) const;

  std::string path_, page_;
  cmark_parser* parser_;
  cmark_node* root_;
};

/// The id of a heading, as it is made elsewhere: "the-ideal".
std::string slug(std::string_view heading);

}  // namespace interleave::html
