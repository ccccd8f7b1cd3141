#include "bench/workload/url_list.hpp"

#include <algorithm>
#include <charconv>

#include "tests/fuzz/promises.hpp"

namespace interleave::fuzz {

namespace {

std::size_t lines_in(std::string_view text) {
  return 1 + static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

/// "name:LINE:COLUMN: what", with a place that is in the text.
void check_refusal(std::string_view refusal, std::string_view text) {
  constexpr std::string_view start = "name:";
  require(is_printable(refusal), "a refusal is printable");
  require(refusal.starts_with(start), "a refusal names the list");
  const char* end = refusal.data() + refusal.size();
  std::size_t line = 0, column = 0;
  const auto first = std::from_chars(refusal.data() + start.size(), end, line);
  require(first.ec == std::errc() && first.ptr != end && *first.ptr == ':',
          "a refusal names a line");
  const auto second = std::from_chars(first.ptr + 1, end, column);
  require(second.ec == std::errc() && second.ptr + 1 < end,
          "a refusal names a column, and says something");
  require(line >= 1 && line <= lines_in(text), "the line is in the list");
  require(column >= 1 && column <= text.size() + 1, "the column is in it");
}

}  // namespace

void url_list(std::string_view bytes) {
  std::vector<Item> items;
  try {
    items = parse_url_list(bytes, "name");
  } catch (const InputError& error) {
    check_refusal(error.what(), bytes);
    return;
  }
  require(!items.empty(), "a list without an address is refused");
  require(items.size() <= lines_in(bytes), "an address takes a line");
  std::string again;
  for (std::size_t i = 0; i < items.size(); ++i) {
    const std::string& url = items[i].url;
    require(items[i].id == i, "items are numbered");
    require(is_ascii(url) && url.find(' ') == url.npos,
            "an address is printable and without blanks");
    require(url.find("://") <= 5 && url.size() > 7 && url.size() <= 8192,
            "an address has a scheme, a rest and a bounded length");
    require(bytes.find(url) != bytes.npos, "an address is in the list");
    again += url + "\r\n# comment\n";
  }
  const std::vector<Item> same = parse_url_list(again, "name");
  require(std::ranges::equal(items, same, {}, &Item::url, &Item::url),
          "addresses are read back as they were written");
}

}  // namespace interleave::fuzz
