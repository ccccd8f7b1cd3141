// Names as they were typed: which one was meant.
#pragma once

#include <algorithm>
#include <functional>
#include <ranges>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace interleave {

/// The word of `known` that is spelled most like `word`, or an empty one when
/// none is close.
std::string_view nearest(std::string_view word,
                         std::span<const std::string_view> known);

/// "'gther': did you mean 'gather'?", or `otherwise` in place of the question,
/// when no name of `known` is close. `otherwise` empty: "choose a, b, c".
std::string which_name(std::string_view word,
                       std::span<const std::string_view> known,
                       std::string_view otherwise = {});

/// The one of `all` whose `name` is `word`. Throws std::invalid_argument: "no
/// KIND is called" and which_name().
template <std::ranges::forward_range All, class Name>
const auto& find_named(std::string_view kind, std::string_view word,
                       const All& all, Name name,
                       std::string_view otherwise = {}) {
  const auto found = std::ranges::find(all, word, name);
  if (found != std::ranges::end(all)) return *found;
  std::vector<std::string_view> known;
  for (const auto& one : all) known.push_back(std::invoke(name, one));
  throw std::invalid_argument("no " + std::string(kind) + " is called " +
                              which_name(word, known, otherwise));
}

}  // namespace interleave
