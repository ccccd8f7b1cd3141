#include "bench/text/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <stdexcept>

#include "tests/fuzz/promises.hpp"

namespace interleave::fuzz {

namespace {

template <class Parse>
auto accepted(Parse parse, std::string_view text)
    -> std::optional<decltype(parse(text))> {
  try {
    return parse(text);
  } catch (const std::invalid_argument& error) {
    require(is_printable(error.what()), "a refusal is printable");
    require(std::string_view(error.what()).size() < 500, "a refusal is short");
    return std::nullopt;
  }
}

/// Three digits are shown, so what is read back is at most half a unit of the
/// third one away.
void check_shown(double shown, double exact) {
  require(std::abs(shown - exact) <= 0.005001 * exact,
          "three digits are those of the number");
}

std::string without_blank(std::string text) {
  std::erase(text, ' ');
  return text;
}

void check_duration(std::string_view text) {
  const auto duration = accepted(parse_duration, text);
  if (!duration) return;
  require(duration->count() >= 0, "no duration is negative");
  require(parse_duration(fmt::format("{}ns", duration->count())) == *duration,
          "a duration is exact");
  const std::string shown = format_duration(*duration);
  require(is_printable(shown), "a duration is printable");
  // Rounded to whole seconds, the very longest one is longer than any.
  if (duration->count() > std::int64_t{9'223'372'036} * 1'000'000'000) return;
  check_shown(static_cast<double>(parse_duration(without_blank(shown)).count()),
              static_cast<double>(duration->count()));
}

void check_size(std::string_view text) {
  const auto size = accepted(parse_size, text);
  if (!size) return;
  require(parse_size(fmt::format("{}", *size)) == *size, "a size is exact");
  // 10.7 KiB is no whole number of bytes, so the shown one is read by hand.
  const std::string shown = format_size(*size);
  double factor = 1;
  for (const std::string_view unit : {"KiB", "MiB", "GiB"}) {
    factor *= 1024;
    if (shown.ends_with(unit))
      check_shown(std::stod(shown) * factor, static_cast<double>(*size));
  }
}

}  // namespace

void units(std::string_view bytes) {
  check_duration(bytes);
  check_size(bytes);
  const std::string inert = printable(bytes), quoted = in_quotes(bytes);
  require(is_printable(inert) && is_printable(quoted),
          "texts from elsewhere are made inert");
  require(inert.size() >= bytes.size() && inert.size() <= 4 * bytes.size(),
          "nothing is left out");
  require(quoted.size() <= 2 + 4 * 40 + 3, "a quotation has a bound");
  require(quoted.find_first_of("<>&\"") == quoted.npos &&
              std::ranges::count(quoted, '\'') == 2,
          "a quotation cannot be broken out of");
}

}  // namespace interleave::fuzz
