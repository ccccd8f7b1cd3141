// How deeply JSON text may nest: what reads it calls itself for each level.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace interleave {

/// Lists and objects within each other; what is written here has five.
inline constexpr std::size_t max_json_depth = 64;

/// Where a list or an object begins that is one too deep, in bytes from 0;
/// nullopt when there is none. What is no JSON is looked at as far as a parser
/// would come.
std::optional<std::size_t> too_deep_at(std::string_view json);

}  // namespace interleave
