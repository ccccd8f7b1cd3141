// The frame of every page, and text that HTML will not take for mark-up.
#pragma once

#include <string>
#include <string_view>

namespace interleave::site {

/// `text` for an element or an attribute in double quotes.
std::string escaped(std::string_view text);

/// The same, and what stands between backticks as code.
std::string with_code(std::string_view text);

/// A file of the site, its path from the root of the site.
struct SiteFile {
  std::string path, text;
};

/// What a page is, around which the frame is put.
struct Content {
  std::string path;
  std::string kind;   ///< of the page: "pattern"
  std::string title;  ///< plain text
  std::string lead;   ///< HTML
  std::string body;   ///< HTML
};

SiteFile framed(const Content& content);

/// A table that may be wider than the window: `table` in a box that scrolls.
std::string scrolling(std::string_view label, std::string_view table);

}  // namespace interleave::site
