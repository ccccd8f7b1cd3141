#include "bench/workload/url_list.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "bench/workload/url_check.hpp"
#include "common/digest.hpp"

namespace interleave {

namespace {

std::string_view trim(std::string_view text) {
  while (!text.empty() &&
         (text.back() == '\r' || text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  const std::size_t start = text.find_first_not_of(" \t");
  return start == std::string_view::npos ? "" : text.substr(start);
}

}  // namespace

UrlList read_url_list(const std::string& file) {
  UrlList list;
  list.name = file == "-" ? "stdin" : file;
  std::vector<Item> items =
      parse_url_list(read_input(file, "a file of addresses"), list.name);
  // Each is the seed of the next, so that their order and ends count.
  for (const Item& item : items) list.digest = digest(item.url, list.digest);
  list.items = std::make_shared<const std::vector<Item>>(std::move(items));
  return list;
}

std::vector<Item> parse_url_list(std::string_view text, std::string_view name) {
  std::vector<Item> items;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // a BOM
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::size_t end = text.find('\n');
    const std::string_view whole = text.substr(0, end);
    const std::string_view url = trim(whole);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (url.empty() || url.front() == '#') continue;
    if (const std::optional<UrlMistake> mistake = mistake_in(url)) {
      const auto column = static_cast<std::size_t>(url.data() - whole.data());
      reject_at(name, line, column + mistake->at + 1, mistake->what);
    }
    if (items.size() == max_urls)
      reject_at(
          name, line, 1,
          fmt::format("more than {} addresses: name a shorter list", max_urls));
    items.emplace_back();
    items.back().id = items.size() - 1;
    items.back().url = url;
  }
  if (items.empty())
    reject_at(name, 1, 1, "no address in it: write one http(s) address a line");
  return items;
}

}  // namespace interleave
