#include "bench/origin/query.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <span>

#include "bench/text/units.hpp"

namespace interleave::origin {

namespace {

/// "bytes, wait and seed"
std::string listed(std::span<const std::string_view> names) {
  if (names.empty()) return "none";
  if (names.size() == 1) return std::string(names.front());
  return fmt::format("{} and {}",
                     fmt::join(names.first(names.size() - 1), ", "),
                     names.back());
}

}  // namespace

Query::Query(std::string_view target,
             std::initializer_list<std::string_view> known) {
  if (known.size() > most) throw std::logic_error("too many parameters");
  for (const std::string_view name : known) names_[count_++] = name;

  const std::size_t question = target.find('?');
  if (question == target.npos) return;
  for (std::string_view rest = target.substr(question + 1);;) {
    const std::size_t end = rest.find('&');
    add(rest.substr(0, end));
    if (end == rest.npos) return;
    rest.remove_prefix(end + 1);
  }
}

void Query::add(std::string_view pair) {
  const std::size_t equals = pair.find('=');
  const std::string_view name = pair.substr(0, equals);
  for (std::size_t i = 0; i < count_; ++i) {
    if (names_[i] != name) continue;
    if (values_[i].data())
      throw std::invalid_argument(fmt::format("{} is given twice", name));
    if (equals == pair.npos)
      throw std::invalid_argument(fmt::format("{} has no value", name));
    values_[i] = pair.substr(equals + 1);
    return;
  }
  throw std::invalid_argument(fmt::format("unknown parameter {}: there are {}",
                                          in_quotes(name),
                                          listed({names_.data(), count_})));
}

bool Query::has(std::string_view name) const {
  for (std::size_t i = 0; i < count_; ++i)
    if (names_[i] == name) return values_[i].data() != nullptr;
  return false;
}

std::string_view path_of(std::string_view target) {
  return target.substr(0, target.find('?'));
}

std::uint64_t read_integer(std::string_view text, std::uint64_t low,
                           std::uint64_t high) {
  std::uint64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  const bool whole = error == std::errc() && stop == end;
  if (whole && value >= low && value <= high) return value;
  throw std::invalid_argument(
      high == ~std::uint64_t{0}
          ? fmt::format("{} is not a whole number from {} to 2^64 - 1",
                        in_quotes(text), low)
          : fmt::format("{} is not a whole number from {} to {}",
                        in_quotes(text), low, high));
}

}  // namespace interleave::origin
