// Text that HTML takes for no markup, tables, and the frame of every page.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace interleave::html {

/// `text` for an element or an attribute in double quotes.
std::string escaped(std::string_view text);

/// The same, with what stands between backticks as code.
std::string with_code(std::string_view text);

/// A conclusion as a list, one item per line, its label set off.
std::string statements(std::string_view conclusion);

/// Items, which are HTML, as a list.
std::string list_of(std::span<const std::string> items);

/// Any table, in a box that scrolls where the window is narrower.
std::string scrolling(std::string_view label, std::string_view table);

struct Heading {
  std::string_view title;
  bool number = false;  ///< whether the column is aligned to the right
};

/// A row of fields, which are HTML; the first is its heading.
using Fields = std::vector<std::string>;

/// A table in a box that scrolls. A row has as many fields as headings.
std::string table_of(std::string_view caption, std::span<const Heading> head,
                     std::span<const Fields> rows);

/// A part of a page below a heading. The script may focus it.
std::string section(std::string_view id, std::string_view title,
                    std::string_view body);

/// What differs from page to page. All but plain texts are HTML.
struct Frame {
  std::string tab, title, kicker;  ///< plain texts
  std::string lead;
  std::string head;  ///< style and policy
  std::string navigation, footer;
  std::string skip_to = "content";  ///< id of what a keyboard may skip to
};

/// A page is opening(), its body, closing().
std::string opening(const Frame& frame);
std::string closing(const Frame& frame);

}  // namespace interleave::html
