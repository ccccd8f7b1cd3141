#include "bench/html/source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>

#include "bench/html/embedded.hpp"
#include "bench/html/html.hpp"

namespace interleave::html {

namespace {

constexpr auto keywords = std::to_array<std::string_view>(
    {"auto",     "bool",      "break",    "case",      "catch",    "class",
     "co_await", "co_return", "const",    "constexpr", "continue", "default",
     "do",       "else",      "enum",     "explicit",  "false",    "for",
     "if",       "inline",    "int",      "namespace", "new",      "noexcept",
     "nullptr",  "operator",  "private",  "public",    "return",   "sizeof",
     "static",   "struct",    "switch",   "template",  "this",     "throw",
     "true",     "try",       "typename", "unsigned",  "using",    "void",
     "while"});

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) || c == '_';
}

/// How long the string literal is that `line` begins with.
std::size_t string_length(std::string_view line) {
  for (std::size_t at = 1; at < line.size(); ++at) {
    if (line[at] == '\\')
      ++at;
    else if (line[at] == '"')
      return at + 1;
  }
  return line.size();
}

std::size_t word_length(std::string_view line) {
  const auto end = std::ranges::find_if_not(line, is_word);
  return static_cast<std::size_t>(end - line.begin());
}

/// What a line begins with: how much of it, and its kind, which may be none.
struct Token {
  std::size_t length;
  std::string_view kind;
};

Token token_of(std::string_view line) {
  if (line.starts_with("//")) return {line.size(), "comment"};
  if (line.front() == '"') return {string_length(line), "string"};
  if (line.front() == '#') return {1 + word_length(line.substr(1)), "keyword"};
  if (!is_word(line.front())) return {1, ""};
  const std::size_t length = word_length(line);
  const bool known =
      std::ranges::find(keywords, line.substr(0, length)) != keywords.end();
  return {length, known ? "keyword" : ""};
}

/// The paragraphs of lines [from, to).
std::vector<Region> regions(const Lines& lines, std::size_t from,
                            std::size_t to) {
  std::vector<Region> found;
  for (std::size_t n = from; n < to; ++n) {
    if (lines[n].empty()) continue;
    const std::size_t first = n;
    while (n < to && !lines[n].empty()) ++n;
    found.push_back({first, n});
  }
  return found;
}

/// The text of the comment in lines [from, to), joined.
std::string comment_text(const Lines& lines, std::size_t from, std::size_t to) {
  std::string text;
  for (std::size_t n = from; n < to; ++n) {
    std::string_view line = lines[n].substr(2);
    if (line.starts_with(' ')) line.remove_prefix(1);
    if (!text.empty() && !line.empty()) text += ' ';
    text += line;
  }
  return text;
}

std::string plain_lines(const Lines& lines, std::size_t first) {
  std::string text;
  for (std::size_t n = first; n < lines.size(); ++n)
    text += highlighted(lines[n]) + '\n';
  return text;
}

}  // namespace

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string highlighted(std::string_view line) {
  std::string html;
  while (!line.empty()) {
    const Token token = token_of(line);
    const std::string text = escaped(line.substr(0, token.length));
    html += token.kind.empty()
                ? text
                : fmt::format("<span class=\"{}\">{}</span>", token.kind, text);
    line.remove_prefix(token.length);
  }
  return html;
}

Difference difference(const Lines& left, const Lines& right) {
  // common[i][j]: how many lines from i and j on can be kept in both.
  std::vector common(left.size() + 1,
                     std::vector<std::size_t>(right.size() + 1));
  for (std::size_t i = left.size(); i-- > 0;)
    for (std::size_t j = right.size(); j-- > 0;)
      common[i][j] = left[i] == right[j]
                         ? common[i + 1][j + 1] + 1
                         : std::max(common[i + 1][j], common[i][j + 1]);
  Difference lacks{std::vector<bool>(left.size(), true),
                   std::vector<bool>(right.size(), true)};
  for (std::size_t i = 0, j = 0; i < left.size() && j < right.size();) {
    if (left[i] == right[j])
      lacks.left[i++] = lacks.right[j++] = false;
    else if (common[i + 1][j] >= common[i][j + 1])
      ++i;
    else
      ++j;
  }
  return lacks;
}

Versions::Versions(std::vector<Version> versions)
    : versions_(std::move(versions)) {
  const auto add = [&](std::size_t version, const std::vector<bool>& lacks,
                       const std::string& name) {
    for (std::size_t n = 0; n < lacks.size(); ++n)
      if (std::string& names = lacking_[version][n]; lacks[n])
        names += names.empty() ? name : ' ' + name;
  };
  for (const Version& version : versions_)
    lacking_.emplace_back(version.lines.size());
  for (std::size_t a = 0; a < versions_.size(); ++a)
    for (std::size_t b = a + 1; b < versions_.size(); ++b) {
      const Difference both =
          difference(versions_[a].lines, versions_[b].lines);
      add(a, both.left, versions_[b].name);
      add(b, both.right, versions_[a].name);
    }
}

std::string Versions::rows(std::size_t version, std::size_t from,
                           std::size_t to) const {
  std::string text;
  for (std::size_t n = from; n < to; ++n) {
    const std::string& names = lacking_[version][n];
    text +=
        fmt::format("<span class=\"row\"{}>{}\n</span>",
                    names.empty() ? "" : fmt::format(" data-not=\"{}\"", names),
                    highlighted(versions_[version].lines[n]));
  }
  return text;
}

Listing listing_of(std::string_view text, std::string_view pattern) {
  Listing listing;
  listing.lines = lines_of(text);
  const Lines& lines = listing.lines;
  const auto number = [&](auto found) {
    return static_cast<std::size_t>(found - lines.begin());
  };
  const std::size_t words_end = number(std::ranges::find_if_not(
      lines, [](auto line) { return line.starts_with("//"); }));
  const std::string head = fmt::format(" {}(Workload items", pattern);
  const std::size_t body =
      number(std::ranges::find_if(lines, [&](std::string_view line) {
        return line.find(head) != line.npos && !line.starts_with("static");
      }));
  if (words_end < 3 || body == lines.size())
    throw std::logic_error(fmt::format("no pattern {} in its file", pattern));
  listing.concept_line = comment_text(lines, 0, 1);
  listing.words = comment_text(lines, 2, words_end);
  listing.preamble = regions(lines, words_end, body);
  listing.pattern = regions(lines, body, lines.size());
  return listing;
}

std::vector<Column> columns_of(const Pattern& pattern) {
  std::vector<Column> columns;
  for (const Cell& cell : catalog())
    if (cell.pattern == &pattern)
      columns.push_back(
          {&cell, listing_of(embedded(cell.source()), pattern.name)});
  return columns;
}

std::vector<std::string> paragraphs(std::span<const Column> columns) {
  std::vector<Versions::Version> versions;
  std::size_t most = 0;  // paragraphs in front of the pattern
  for (const auto& [cell, listing] : columns) {
    // Comments above the code are shown as words, and not compared.
    Lines lines = listing.lines;
    std::fill_n(lines.begin(), listing.preamble.front().first, "");
    versions.push_back({std::string(cell->model->name), std::move(lines)});
    most = std::max(most, listing.preamble.size());
  }
  const Versions compared(std::move(versions));
  std::vector<std::string> boxes;
  for (std::size_t n = 0; n < columns.size(); ++n) {
    const auto& [cell, listing] = columns[n];
    std::string text;
    constexpr std::size_t above = 3;  // the name and the words
    const auto add = [&](const std::vector<Region>& regions, std::size_t row) {
      for (const auto& [first, last] : regions)
        text += code_of(cell->source(), compared.rows(n, first, last), row++);
    };
    add(listing.preamble, above);
    add(listing.pattern, above + most);
    boxes.push_back(code_box(cell->source(), text));
  }
  return boxes;
}

std::string whole_code(const Column& column) {
  const std::string path = column.cell->source();
  return code_box(
      path, code_of(path, plain_lines(column.listing.lines,
                                      column.listing.preamble.front().first)));
}

std::string whole_file(std::string_view path, std::string_view text) {
  return code_box(path, code_of(path, plain_lines(lines_of(text), 0)));
}

std::string code_box(std::string_view path, std::string_view code) {
  return fmt::format(
      "<div class=\"code\" role=\"group\" tabindex=\"0\" "
      "aria-label=\"Source {0}\">\n{1}</div>\n",
      path, code);
}

std::string code_of(std::string_view path, std::string_view code,
                    std::size_t row) {
  return fmt::format("<pre data-source=\"{}\"{}><code>{}</code></pre>\n", path,
                     row ? fmt::format(" style=\"grid-row:{}\"", row) : "",
                     code);
}

}  // namespace interleave::html
