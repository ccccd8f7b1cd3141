#include "bench/text/characters.hpp"

#include <algorithm>
#include <iterator>

namespace interleave {

namespace {

struct Range {
  char32_t first, last;
};

/// RunControl and format characters of Unicode, separators of lines, and what
/// is no character at all.
constexpr Range hidden[] = {
    {0x0, 0x1F},         {0x7F, 0x9F},       {0xAD, 0xAD},
    {0x600, 0x605},      {0x61C, 0x61C},     {0x6DD, 0x6DD},
    {0x70F, 0x70F},      {0x180E, 0x180E},   {0x200B, 0x200F},
    {0x2028, 0x202E},    {0x2060, 0x206F},   {0xFDD0, 0xFDEF},
    {0xFEFF, 0xFEFF},    {0xFFF0, 0xFFFB},   {0xFFFE, 0xFFFF},
    {0x110BD, 0x110BD},  {0x110CD, 0x110CD}, {0x13430, 0x1343F},
    {0x1BCA0, 0x1BCA3},  {0x1D173, 0x1D17A}, {0xE0000, 0xE0FFF},
    {0xFFFFE, 0x10FFFF},
};

constexpr Range blanks[] = {
    {0x85, 0x85},     {0xA0, 0xA0},     {0x1680, 0x1680}, {0x2000, 0x200A},
    {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}};

template <std::size_t count>
bool is_in(const Range (&ranges)[count], char32_t code) {
  return std::ranges::any_of(ranges, [&](const Range& range) {
    return range.first <= code && code <= range.last;
  });
}

}  // namespace

Character first_character(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return {lead, 1, true};
  const std::size_t bytes = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < bytes) return {};
  char32_t code = lead & (0x7Fu >> bytes);
  for (std::size_t i = 1; i < bytes; ++i) {
    const auto next = static_cast<unsigned char>(text[i]);
    if ((next & 0xC0) != 0x80) return {};
    code = code << 6 | (next & 0x3Fu);
  }
  // Longer than it has to be, half of a pair of UTF-16, or beyond Unicode.
  constexpr char32_t least[] = {0x80, 0x800, 0x10000};
  if (code < least[bytes - 2] || (code >= 0xD800 && code <= 0xDFFF) ||
      code > 0x10FFFF)
    return {};
  return {code, bytes, true};
}

bool is_shown(char32_t code) {
  return !is_in(hidden, code);
}

bool is_wide_blank(char32_t code) {
  return is_in(blanks, code);
}

}  // namespace interleave
