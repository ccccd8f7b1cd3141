// Reads a list of addresses, one a line: a user's own workload.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "bench/input.hpp"
#include "common/item.hpp"

namespace interleave {

/// The items of a list of http(s) addresses, one a line; blank lines and lines
/// that start with '#' are left out, duplicates are items of their own.
/// Nothing is known of them but the url. Throws InputError.
std::vector<Item> read_url_list(const std::filesystem::path& file);

/// The same from text already read; `name` stands in the errors.
std::vector<Item> parse_url_list(std::string_view text, std::string_view name);

}  // namespace interleave
