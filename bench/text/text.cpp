#include "bench/text/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <utility>

namespace interleave {

namespace {

bool starts_a_character(char byte) {
  return (static_cast<unsigned char>(byte) & 0xC0) != 0x80;
}

/// The first `columns` code points.
std::string_view leading(std::string_view text, std::size_t columns) {
  std::size_t end = 0;
  for (; end < text.size(); ++end) {
    if (!starts_a_character(text[end])) continue;
    if (columns == 0) break;
    --columns;
  }
  return text.substr(0, end);
}

/// Calls `say` with every line of a conclusion.
template <class Say>
void for_each_statement(std::string_view conclusion, Say say) {
  while (!conclusion.empty()) {
    const std::size_t end = std::min(conclusion.find('\n'), conclusion.size());
    say(printable(conclusion.substr(0, end)));
    conclusion.remove_prefix(std::min(end + 1, conclusion.size()));
  }
}

}  // namespace

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, starts_a_character));
}

std::string pad_right(std::string_view text, std::size_t columns) {
  const std::size_t width = width_of(text);
  std::string padded(text);
  padded.append(columns - std::min(columns, width), ' ');
  return padded;
}

std::string pad_left(std::string_view text, std::size_t columns) {
  const std::size_t width = width_of(text);
  std::string padded(columns - std::min(columns, width), ' ');
  return padded.append(text);
}

std::string clip(std::string_view text, std::size_t columns) {
  if (width_of(text) <= columns) return std::string(text);
  if (columns <= 3) return std::string(leading(text, columns));
  return std::string(leading(text, columns - 3)) + "...";
}

std::string wrap(std::string_view text, std::size_t columns,
                 std::size_t hanging) {
  columns = std::max(columns, hanging + 8);
  std::string lines, line;
  const auto flush = [&] {
    lines += line + '\n';
    line.assign(hanging, ' ');
  };
  std::size_t start = 0;
  while (start < text.size()) {
    const std::size_t end = std::min(text.find(' ', start), text.size());
    std::string_view word = text.substr(start, end - start);
    start = end + 1;
    const bool first = line.find_first_not_of(' ') == std::string::npos;
    if (!first && width_of(line) + 1 + width_of(word) > columns) flush();
    if (line.find_first_not_of(' ') != std::string::npos) line += ' ';
    while (width_of(line) + width_of(word) > columns) {
      const std::string_view part = leading(word, columns - width_of(line));
      line += part;
      word.remove_prefix(part.size());
      flush();
    }
    line += word;
  }
  if (line.find_first_not_of(' ') != std::string::npos) flush();
  return lines;
}

std::string statements(std::string_view conclusion, std::size_t columns) {
  std::string text;
  for_each_statement(conclusion, [&](const std::string& statement) {
    text += wrap(statement, columns, 2);
  });
  return text;
}

std::string statements_markdown(std::string_view conclusion) {
  std::string text;
  for_each_statement(conclusion, [&](const std::string& statement) {
    text += "- " + escape_markdown(statement) + '\n';
  });
  return text;
}

std::string significant(double value) {
  if (!std::isfinite(value)) return "-";
  if (value == 0) return "0";
  const double size = std::abs(value);
  // Where rounding gains a digit, the next line is the right one.
  if (size >= 99.95) return fmt::format("{:.0f}", value);
  if (size >= 9.995) return fmt::format("{:.1f}", value);
  if (size >= 0.9995) return fmt::format("{:.2f}", value);
  return fmt::format("{:.3f}", value);
}

std::string percent(double share) {
  if (!std::isfinite(share)) return "-";
  // 9.95% would read 10.0%.
  const int decimals = share > 0 && std::abs(share) < 0.0995 ? 1 : 0;
  return fmt::format("{:.{}f}%", share * 100, decimals);
}

std::string spelled(std::string_view text, const Style& style) {
  constexpr std::string_view sign = "±";
  std::string spelled(text);
  if (style.unicode) return spelled;
  for (std::size_t at = 0; (at = spelled.find(sign, at)) != spelled.npos;)
    spelled.replace(at, sign.size(), "+-");
  return spelled;
}

std::string legend(const std::vector<std::string>& entries,
                   std::size_t columns) {
  std::string text, line;
  for (const std::string& entry : entries) {
    if (!line.empty() && width_of(line) + 2 + width_of(entry) > columns)
      text += std::exchange(line, {}) + '\n';
    line += (line.empty() ? "" : "  ") + clip(entry, columns);
  }
  return line.empty() ? text : text + line + '\n';
}

std::string count_of(std::size_t count, std::string_view noun) {
  if (count == 1) return fmt::format("one {}", noun);
  return fmt::format("{} {}s", count, noun);
}

std::string escape_markdown(std::string_view text) {
  const auto in_word = [&](std::size_t i) {
    return i < text.size() &&
           std::isalnum(static_cast<unsigned char>(text[i])) != 0;
  };
  std::string safe;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '<') {
      safe += "&lt;";
    } else if (c == '&') {
      safe += "&amp;";
    } else {
      const bool harmless = c == '_' && in_word(i - 1) && in_word(i + 1);
      if (!harmless && std::string_view("|\\`*_[]").find(c) != text.npos)
        safe += '\\';
      safe += c;
    }
  }
  return safe;
}

}  // namespace interleave
