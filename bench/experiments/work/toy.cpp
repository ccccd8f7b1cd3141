#include "bench/experiments/work/toy.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <stdexcept>

#include "bench/text/units.hpp"

namespace interleave {

namespace {

double finite_number(std::string_view text) {
  double number = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop != end || !std::isfinite(number))
    throw std::invalid_argument(
        fmt::format("{} is not a finite number", in_quotes(text)));
  return number;
}

}  // namespace

std::string plus_one(const Item& item, std::string_view /*body*/) {
  return python_repr(finite_number(item.argument) + 1);
}

std::string echo(const Item& item, std::string_view /*body*/) {
  return item.argument;
}

std::string boom(const Item& /*item*/, std::string_view /*body*/) {
  throw std::runtime_error("Boom!");
}

std::string first_result(const Item& item, std::string_view /*body*/) {
  return fmt::format("result{}-1", item.argument);
}

std::string derived_result(const Item& item, std::string_view body) {
  return fmt::format("result{}-2 derived from {}", item.argument,
                     first_result(item, body));
}

std::string python_repr(double number) {
  std::string text = fmt::format("{}", number);
  if (text.find_first_not_of("-0123456789") == text.npos) text += ".0";
  return text;
}

}  // namespace interleave
