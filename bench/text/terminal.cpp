#include "bench/text/terminal.hpp"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace interleave {

namespace {

constexpr std::size_t fewest_columns = 20, most_columns = 1000;

std::size_t terminal_columns(int descriptor) {
  winsize size{};
  return ioctl(descriptor, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

bool is_utf8(const Environment& env) {
  // The first of these that is set decides, as in setlocale().
  std::string_view locale;
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"})
    if (locale = env(name); !locale.empty()) break;
  std::string lower(locale);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower.find("utf-8") != std::string::npos ||
         lower.find("utf8") != std::string::npos;
}

/// A program that draws would disturb: a log, or a terminal that cannot.
bool is_plain(const Environment& env) {
  return !env("CI").empty() || env("TERM") == "dumb";
}

}  // namespace

std::string_view from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

Style style_for(bool terminal, std::size_t columns, const Environment& env) {
  Style style;
  if (columns != 0) style.columns = columns;
  const std::string_view wanted = env("COLUMNS");
  std::size_t number = 0;
  const auto [end, error] =
      std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
  if (error == std::errc() && end == wanted.data() + wanted.size() &&
      number != 0)
    style.columns = number;
  style.columns = std::clamp(style.columns, fewest_columns, most_columns);
  style.colour = terminal && !is_plain(env) && env("NO_COLOR").empty();
  style.unicode = is_utf8(env);
  return style;
}

Style style_for(int descriptor) {
  const bool terminal = isatty(descriptor) == 1;
  return style_for(terminal, terminal ? terminal_columns(descriptor) : 0,
                   from_environment);
}

bool may_animate(int descriptor) {
  return isatty(descriptor) == 1 && !is_plain(from_environment);
}

std::string marked(std::string_view text, Mark mark, const Style& style) {
  if (!style.colour || mark == Mark::none) return std::string(text);
  const char* code = "1";
  switch (mark) {
    case Mark::none:
    case Mark::heading:
      break;
    case Mark::faint:
      code = "2";
      break;
    case Mark::good:
      code = "32";
      break;
    case Mark::bad:
      code = "1;31";
      break;
    case Mark::waiting:
      code = "36";
      break;
    case Mark::processing:
      code = "33";
      break;
  }
  return fmt::format("\x1b[{}m{}\x1b[0m", code, text);
}

}  // namespace interleave
