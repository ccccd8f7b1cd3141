#include "bench/html/html.hpp"

#include <fmt/format.h>

#include "bench/html/places.hpp"

namespace interleave::site {

namespace {

/// The title in the tab: what the page is comes first.
std::string tab_title(const Content& content) {
  return content.path == index_page ? content.title
                                    : content.title + " - Interleave";
}

std::string way_home(const Content& content) {
  if (content.path == index_page) return {};
  std::string text = fmt::format(
      "<nav aria-label=\"Site\"><a href=\"{}\">Interleave: the grid</a>",
      link(content.path, index_page));
  for (const std::string_view document : documents()) {
    std::string name = page_of_document(document);
    const std::string href = link(content.path, name);
    name = name.substr(6, name.rfind('.') - 6);  // without "guide/"
    text += fmt::format(" <a href=\"{}\">{}</a>", href, name);
  }
  return text + "</nav>\n";
}

}  // namespace

std::string escaped(std::string_view text) {
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    if (c == '&')
      safe += "&amp;";
    else if (c == '<')
      safe += "&lt;";
    else if (c == '>')
      safe += "&gt;";
    else if (c == '"')
      safe += "&quot;";
    else
      safe += c;
  }
  return safe;
}

std::string with_code(std::string_view text) {
  std::string made;
  bool code = false;
  for (std::size_t at = 0; at != text.npos;) {
    const std::size_t tick = text.find('`', at);
    made += escaped(text.substr(at, tick - at));
    if (tick == text.npos) break;
    made += code ? "</code>" : "<code>";
    code = !code;
    at = tick + 1;
  }
  return made;
}

std::string scrolling(std::string_view label, std::string_view table) {
  return fmt::format(
      "<div class=\"scroll\" role=\"group\" tabindex=\"0\" "
      "aria-label=\"{}\">\n{}</div>\n",
      escaped(label), table);
}

SiteFile framed(const Content& content) {
  constexpr std::string_view frame = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{style}">
<title>{tab}</title>
</head>
<body>
<a class="skip" href="#content">Skip to the content</a>
<header>
{home}<p class="kicker">{kind}</p>
<h1>{title}</h1>
<p class="lead">{lead}</p>
</header>
<main id="content" tabindex="-1">
{body}</main>
<footer>
<p class="note">Made by <code>./run docs</code> from the sources that were
compiled and from <a href="{record}">recorded runs</a>.</p>
</footer>
</body>
</html>
)";
  return {content.path,
          fmt::format(fmt::runtime(frame),
                      fmt::arg("style", link(content.path, style_sheet)),
                      fmt::arg("tab", escaped(tab_title(content))),
                      fmt::arg("home", way_home(content)),
                      fmt::arg("kind", escaped(content.kind)),
                      fmt::arg("title", escaped(content.title)),
                      fmt::arg("lead", content.lead),
                      fmt::arg("body", content.body),
                      fmt::arg("record", link(content.path, record_file)))};
}

}  // namespace interleave::site
