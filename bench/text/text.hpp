// Text for people: widths, wrapping, numbers, and nothing that escapes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "bench/text/terminal.hpp"
#include "bench/text/units.hpp"

namespace interleave {

/// How many columns `text` takes: one for each code point. The reports use no
/// character that is wider.
std::size_t width_of(std::string_view text);

/// `text` in `columns` columns: with spaces behind it, or in front of it.
std::string pad_right(std::string_view text, std::size_t columns);
std::string pad_left(std::string_view text, std::size_t columns);

/// At most `columns` columns of `text`; what was cut shows as "...".
std::string clip(std::string_view text, std::size_t columns);

/// `text` broken at spaces into lines of at most `columns` columns, each with
/// a newline; all but the first are indented by `hanging`. A word that is too
/// long for a line of its own is broken.
std::string wrap(std::string_view text, std::size_t columns,
                 std::size_t hanging = 0);

/// The statements of a conclusion, a line each, made inert: wrapped, or as a
/// list in Markdown.
std::string statements(std::string_view conclusion, std::size_t columns);
std::string statements_markdown(std::string_view conclusion);

/// Three significant digits or all before the point, never an exponent:
/// 14240, 89.0, 2.85, 0.012. What is not a number reads "-".
std::string significant(double value);

/// 98%, 2.5%: a decimal below ten. What is not a number reads "-".
std::string percent(double share);

/// `text` in the characters that the style allows: "+-" for "±".
std::string spelled(std::string_view text, const Style& style);

/// Whole entries in lines of at most `columns` columns, two spaces apart.
std::string legend(const std::vector<std::string>& entries,
                   std::size_t columns);

/// `one item`, `2 items`.
std::string count_of(std::size_t count, std::string_view noun);

/// Text that Markdown, and HTML in it, will not take for mark-up.
std::string escape_markdown(std::string_view text);

}  // namespace interleave
