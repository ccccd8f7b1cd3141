// Reader of URL lists, one URL per line: a user's own workload.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "bench/text/input.hpp"
#include "common/item.hpp"

namespace interleave {

/// A list that was read, once: what it was read from may be a pipe.
struct UrlList {
  std::string name;  ///< of its file, as it was typed, or "stdin"
  std::shared_ptr<const std::vector<Item>> items;
  /// Of the URLs in their order: the same for the same job.
  std::uint64_t digest = 0;

  bool empty() const { return name.empty(); }  ///< there is none
};

/// Largest number of URLs in a list.
inline constexpr std::size_t max_urls = 1'000'000;

/// The list in a file, or in what comes on stdin or from a pipe until its end
/// ("-" is stdin): http(s) URLs, one per line; blank lines and lines
/// that start with '#' are left out, duplicates are items of their own.
/// Nothing is known of them but the url. Throws InputError.
UrlList read_url_list(const std::string& file);

/// The items alone, from text already read; `name` stands in the errors.
std::vector<Item> parse_url_list(std::string_view text, std::string_view name);

}  // namespace interleave
