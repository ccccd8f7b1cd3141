#include "bench/text/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <limits>
#include <span>
#include <stdexcept>

#include "bench/text/characters.hpp"

namespace interleave {

namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr Unit duration_units[] = {{"ns", 1},
                                   {"us", 1'000},
                                   {"ms", 1'000'000},
                                   {"s", 1'000'000'000},
                                   {"m", 60'000'000'000}};
constexpr Unit size_units[] = {{"", 1},
                               {"B", 1},
                               {"kB", 1'000},
                               {"MB", 1'000'000},
                               {"GB", 1'000'000'000},
                               {"KiB", std::uint64_t{1} << 10},
                               {"MiB", std::uint64_t{1} << 20},
                               {"GiB", std::uint64_t{1} << 30}};

/// What sets one kind of quantity apart: its units, and how to explain them.
struct Kind {
  std::span<const Unit> units;
  std::uint64_t largest;
  std::string_view right;     // what a valid one looks like
  std::string_view smallest;  // what cannot be divided
};

constexpr Kind duration_kind{
    duration_units,
    static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()),
    "write 250ms, 89us, 1.5s or 2m", "a nanosecond"};
constexpr Kind size_kind{size_units, std::numeric_limits<std::uint64_t>::max(),
                         "write 10966, 64KiB, 2MiB or 10kB", "a byte"};

[[noreturn]] void refuse(std::string_view text, std::string_view wrong,
                         std::string_view right) {
  throw std::invalid_argument(
      fmt::format("{} {}: {}", in_quotes(text), wrong, right));
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// A decimal number before its unit: (whole + fraction / scale), exactly.
struct Number {
  std::uint64_t whole = 0, fraction = 0, scale = 1;
  std::string_view unit;
};

Number read_number(std::string_view text, const Kind& kind) {
  Number number;
  std::size_t i = 0;
  for (; i < text.size() && is_digit(text[i]); ++i) {
    const auto digit = static_cast<std::uint64_t>(text[i] - '0');
    if (number.whole > (kind.largest - digit) / 10)
      refuse(text, "is too large", kind.right);
    number.whole = number.whole * 10 + digit;
  }
  if (i == 0 && text.starts_with('-')) refuse(text, "is negative", kind.right);
  if (i == 0) refuse(text, "is not a number with a unit", kind.right);
  number.unit = text.substr(i);
  if (!number.unit.starts_with('.')) return number;

  const std::size_t point = i++;
  for (; i < text.size() && is_digit(text[i]); ++i) {
    if (i - point > 9) refuse(text, "has more than 9 decimals", kind.right);
    number.fraction =
        number.fraction * 10 + static_cast<std::uint64_t>(text[i] - '0');
    number.scale *= 10;
  }
  if (i == point + 1) refuse(text, "has no digit after its point", kind.right);
  number.unit = text.substr(i);
  return number;
}

std::uint64_t read_quantity(std::string_view text, const Kind& kind) {
  const Number number = read_number(text, kind);
  if (number.unit.empty() && kind.units.front().name != "" &&
      (number.whole > 0 || number.fraction > 0)) {
    refuse(text, "has no unit", fmt::format("write {0}ms or {0}s", text));
  }
  if (number.unit.empty() && number.whole == 0 && number.fraction == 0)
    return 0;

  const auto unit = std::ranges::find(kind.units, number.unit, &Unit::name);
  if (unit == kind.units.end())
    refuse(text, fmt::format("has an unknown unit {}", in_quotes(number.unit)),
           kind.right);
  if (number.whole > kind.largest / unit->factor)
    refuse(text, "is too large", kind.right);

  // 10^9 times 60 * 10^9 does not fit 64 bits; exactness is worth 128.
  using Wide = unsigned __int128;
  const Wide parts = Wide{number.fraction} * unit->factor;
  if (parts % number.scale != 0)
    refuse(text, fmt::format("is finer than {}", kind.smallest), kind.right);
  const Wide sum = Wide{number.whole} * unit->factor + parts / number.scale;
  if (sum > kind.largest) refuse(text, "is too large", kind.right);
  return static_cast<std::uint64_t>(sum);
}

/// 1.00 to 9.99, 10.0 to 99.9, then whole: three digits that mean something.
std::string three_digits(double value) {
  if (value < 9.995) return fmt::format("{:.2f}", value);
  if (value < 99.95) return fmt::format("{:.1f}", value);
  return fmt::format("{:.0f}", value);
}

/// Keeps the characters that are shown and not `special`.
std::string inert(std::string_view text, std::string_view special) {
  std::string inert;
  while (!text.empty()) {
    const Character first = first_character(text);
    const bool keeps = first.valid && is_shown(first.code) &&
                       special.find(text.front()) == special.npos;
    for (const char byte : text.substr(0, first.bytes))
      inert += keeps
                   ? std::string(1, byte)
                   : fmt::format("\\x{:02x}", static_cast<unsigned char>(byte));
    text.remove_prefix(first.bytes);
  }
  return inert;
}

}  // namespace

std::chrono::nanoseconds parse_duration(std::string_view text) {
  return std::chrono::nanoseconds(
      static_cast<std::int64_t>(read_quantity(text, duration_kind)));
}

std::uint64_t parse_size(std::string_view text) {
  return read_quantity(text, size_kind);
}

std::string format_duration(std::chrono::nanoseconds duration) {
  static constexpr std::array<std::string_view, 3> names{"us", "ms", "s"};
  const double ns = std::abs(static_cast<double>(duration.count()));
  const std::string_view sign = duration.count() < 0 ? "-" : "";
  if (ns < 1e3) return fmt::format("{}{:.0f} ns", sign, ns);

  double value = ns / 1e3;
  std::size_t unit = 0;
  // 999.6 us would print as 1000 us: the next unit begins where rounding does.
  for (; value >= 999.5 && unit + 1 < names.size(); ++unit) value /= 1e3;
  return fmt::format("{}{} {}", sign, three_digits(value), names[unit]);
}

std::string format_size(std::uint64_t bytes) {
  static constexpr std::array<std::string_view, 3> names{"KiB", "MiB", "GiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);

  double value = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  for (; value >= 1023.5 && unit + 1 < names.size(); ++unit) value /= 1024;
  return fmt::format("{} {}", three_digits(value), names[unit]);
}

std::string printable(std::string_view text) {
  return inert(text, "");
}

std::string in_quotes(std::string_view text) {
  constexpr std::size_t longest = 40;
  std::size_t end = std::min(text.size(), longest);
  // Not in the middle of a character.
  while (end < text.size() && end > longest - 3 && (text[end] & 0xC0) == 0x80)
    --end;
  return fmt::format("'{}{}'", inert(text.substr(0, end), "'\"\\<>&"),
                     end < text.size() ? "..." : "");
}

}  // namespace interleave
