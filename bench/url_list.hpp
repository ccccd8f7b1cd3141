// Reads a list of addresses, one a line: a user's own workload.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "common/item.hpp"

namespace interleave {

/// A mistake in an input file: "urls.txt:7:1: what, and what to do".
class InputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The items of a list of http(s) addresses, one a line; blank lines and lines
/// that start with '#' are left out, duplicates are items of their own.
/// Nothing is known of them but the url. Throws InputError.
std::vector<Item> read_url_list(const std::filesystem::path& file);

/// The same from text already read; `name` stands in the errors.
std::vector<Item> parse_url_list(std::string_view text, std::string_view name);

}  // namespace interleave
