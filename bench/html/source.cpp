#include "bench/html/source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>

#include "bench/html/html.hpp"

namespace interleave::site {

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

std::vector<bool> lacking(const Lines& lines, const Lines& other) {
  // common[i][j]: how many lines from i and j on can be kept in both.
  std::vector common(lines.size() + 1,
                     std::vector<std::size_t>(other.size() + 1));
  for (std::size_t i = lines.size(); i-- > 0;)
    for (std::size_t j = other.size(); j-- > 0;)
      common[i][j] = lines[i] == other[j]
                         ? common[i + 1][j + 1] + 1
                         : std::max(common[i + 1][j], common[i][j + 1]);
  std::vector<bool> lacks(lines.size());
  for (std::size_t i = 0, j = 0; i < lines.size();) {
    if (j < other.size() && lines[i] == other[j])
      ++i, ++j;
    else if (j == other.size() || common[i + 1][j] >= common[i][j + 1])
      lacks[i++] = true;
    else
      ++j;
  }
  return lacks;
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

}  // namespace interleave::site
