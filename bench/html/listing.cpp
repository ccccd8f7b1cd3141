#include "bench/html/listing.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bench/html/embedded.hpp"
#include "bench/html/html.hpp"

namespace interleave::site {

namespace {

using Lacks = std::vector<std::vector<bool>>;

/// Which lines of `columns[n]` each of the columns lacks, comments above the
/// code left out: those are shown as words.
Lacks lacks_of(const std::vector<Column>& columns, std::size_t n) {
  const auto code_of = [](const Column& column) {
    Lines lines = column.listing.lines;
    const std::size_t from = column.listing.preamble.front().first;
    std::fill_n(lines.begin(), from, std::string_view());
    return lines;
  };
  Lacks lacks;
  for (const Column& other : columns)
    lacks.push_back(lacking(code_of(columns[n]), code_of(other)));
  return lacks;
}

std::string line_of(const std::vector<Column>& columns, const Lacks& lacks,
                    std::string_view line, std::size_t number) {
  std::string kinds = "row";
  for (std::size_t other = 0; other < columns.size(); ++other)
    if (lacks[other][number])
      kinds += fmt::format(" not-{}", columns[other].cell->model->name);
  return fmt::format("<span class=\"{}\">{}\n</span>", kinds,
                     highlighted(line));
}

std::string plain_lines(const Lines& lines, std::size_t first) {
  std::string text;
  for (std::size_t n = first; n < lines.size(); ++n)
    text += highlighted(lines[n]) + '\n';
  return text;
}

/// The box scrolls where the window is narrower than a line of code.
std::string code_box(std::string_view path, const std::string& code) {
  return fmt::format(
      "<div class=\"code\" role=\"group\" tabindex=\"0\" "
      "aria-label=\"Source {0}\">\n{1}</div>\n",
      path, code);
}

}  // namespace

std::vector<Column> columns_of(const Pattern& pattern) {
  std::vector<Column> columns;
  for (const Cell& cell : catalog())
    if (cell.pattern == &pattern)
      columns.push_back(
          {&cell, listing_of(embedded(cell.source()), pattern.name)});
  return columns;
}

std::string paragraphs(const std::vector<Column>& columns, std::size_t n) {
  const Lacks lacks = lacks_of(columns, n);
  const Column& column = columns[n];
  const std::string source = column.cell->source();
  std::size_t most = 0;  // paragraphs in front of the pattern
  for (const Column& each : columns)
    most = std::max(most, each.listing.preamble.size());
  std::string text;
  const auto add = [&](const Region& region, std::size_t row) {
    text += fmt::format("<pre data-source=\"{}\" style=\"grid-row:{}\"><code>",
                        source, row);
    for (std::size_t at = region.first; at < region.last; ++at)
      text += line_of(columns, lacks, column.listing.lines[at], at);
    text += "</code></pre>\n";
  };
  constexpr std::size_t above = 3;  // the name and the words
  for (std::size_t at = 0; at < column.listing.preamble.size(); ++at)
    add(column.listing.preamble[at], above + at);
  for (std::size_t at = 0; at < column.listing.pattern.size(); ++at)
    add(column.listing.pattern[at], above + most + at);
  return code_box(source, text);
}

std::string whole_code(const Column& column) {
  const std::string source = column.cell->source();
  return code_box(
      source,
      fmt::format("<pre data-source=\"{}\"><code>{}</code></pre>\n", source,
                  plain_lines(column.listing.lines,
                              column.listing.preamble.front().first)));
}

std::string whole_file(std::string_view path, std::string_view text) {
  return code_box(
      path, fmt::format("<pre data-source=\"{}\"><code>{}</code></pre>\n", path,
                        plain_lines(lines_of(text), 0)));
}

std::string words_of(const Column& column) {
  return fmt::format("<p class=\"words\">{}</p>\n",
                     with_code(column.listing.words));
}

}  // namespace interleave::site
