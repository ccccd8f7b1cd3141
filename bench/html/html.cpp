#include "bench/html/html.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace interleave::html {

namespace {

std::string field_of(const Heading& heading, std::string_view tag,
                     std::string_view scope, std::string_view text) {
  return fmt::format("<{0}{1}{2}>{3}</{0}>", tag, scope,
                     heading.number ? " class=\"number\"" : "", text);
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

std::string statements(std::string_view conclusion) {
  if (conclusion.empty()) return {};
  std::string list = "<ul class=\"statements\">\n";
  while (!conclusion.empty()) {
    const std::string_view line = conclusion.substr(0, conclusion.find('\n'));
    const std::size_t colon = line.find(": ");
    const std::size_t label = colon == line.npos ? 0 : colon + 1;
    list += fmt::format("<li><strong>{}</strong>{}</li>\n",
                        with_code(line.substr(0, label)),
                        with_code(line.substr(label)));
    conclusion.remove_prefix(std::min(line.size() + 1, conclusion.size()));
  }
  return list + "</ul>\n";
}

std::string list_of(std::span<const std::string> items) {
  std::string list = "<ul>\n";
  for (const std::string& item : items)
    list += fmt::format("<li>{}</li>\n", item);
  return list + "</ul>\n";
}

std::string scrolling(std::string_view label, std::string_view table) {
  return fmt::format(
      "<div class=\"scroll\" role=\"group\" tabindex=\"0\" "
      "aria-label=\"{}\">\n{}</div>\n",
      escaped(label), table);
}

std::string table_of(std::string_view caption, std::span<const Heading> head,
                     std::span<const Fields> rows) {
  std::string text =
      fmt::format("<table>\n<caption class=\"note\">{}</caption>\n<thead><tr>",
                  escaped(caption));
  for (const Heading& heading : head)
    text += field_of(heading, "th", " scope=\"col\"", heading.title);
  text += "</tr></thead>\n<tbody>\n";
  for (const Fields& row : rows) {
    text += "<tr>" + field_of(head[0], "th", " scope=\"row\"", row[0]);
    for (std::size_t n = 1; n < row.size(); ++n)
      text += field_of(head[n], "td", "", row[n]);
    text += "</tr>\n";
  }
  return scrolling(caption, text + "</tbody>\n</table>\n");
}

std::string section(std::string_view id, std::string_view title,
                    std::string_view body) {
  return fmt::format(
      "<section aria-labelledby=\"{0}-title\" id=\"{0}\" tabindex=\"-1\">\n"
      "<h2 id=\"{0}-title\">{1}</h2>\n{2}</section>\n",
      id, title, body);
}

std::string opening(const Frame& frame) {
  return fmt::format(
      R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
{head}<title>{tab}</title>
</head>
<body>
<a class="skip" href="#{skip}">Skip to the {skip}</a>
<header>
{navigation}<p class="kicker">{kicker}</p>
<h1>{title}</h1>
{lead}</header>
<main id="content" tabindex="-1">
)",
      fmt::arg("head", frame.head), fmt::arg("tab", escaped(frame.tab)),
      fmt::arg("skip", frame.skip_to), fmt::arg("navigation", frame.navigation),
      fmt::arg("kicker", escaped(frame.kicker)),
      fmt::arg("title", escaped(frame.title)),
      fmt::arg("lead", frame.lead.empty()
                           ? ""
                           : "<p class=\"lead\">" + frame.lead + "</p>\n"));
}

std::string closing(const Frame& frame) {
  return fmt::format("</main>\n<footer>\n{}</footer>\n</body>\n</html>\n",
                     frame.footer);
}

}  // namespace interleave::html
