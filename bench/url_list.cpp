#include "bench/url_list.hpp"

#include <fmt/format.h>

#include "bench/units.hpp"

namespace interleave {

namespace {

/// The longest address accepted, in bytes: more than any server takes.
constexpr std::size_t max_url = 8192;

std::string_view trim(std::string_view text) {
  while (!text.empty() &&
         (text.back() == '\r' || text.back() == ' ' || text.back() == '\t'))
    text.remove_suffix(1);
  const std::size_t start = text.find_first_not_of(" \t");
  return start == std::string_view::npos ? "" : text.substr(start);
}

/// A url is printable ASCII: anything else (NUL, CR, spaces, bytes of an
/// unknown encoding) could mean something else to the server than to us.
void check_url(std::string_view url, std::string_view name, std::size_t line,
               std::size_t column) {
  for (std::size_t at = 0; at < url.size(); ++at) {
    if (url[at] > ' ' && url[at] < '\x7f') continue;
    reject_at(
        name, line, column + at,
        fmt::format("byte 0x{:02x} in an address: percent-encode it (%{:02X})",
                    static_cast<unsigned char>(url[at]),
                    static_cast<unsigned char>(url[at])));
  }
  std::string scheme(url.substr(0, url.find("://")));
  for (char& c : scheme)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  const bool web = scheme == "http" || scheme == "https";
  if (!web || url.size() <= scheme.size() + 3)
    reject_at(name, line, column,
              "not an http:// or https:// address: write one a line, "
              "comments start with #");
  if (url.size() > max_url)
    reject_at(name, line, column,
              fmt::format("an address of {} bytes: {} are accepted", url.size(),
                          max_url));
}

}  // namespace

std::vector<Item> read_url_list(const std::filesystem::path& file) {
  return parse_url_list(read_input(file, "a file of addresses"), file.string());
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
    check_url(url, name, line,
              static_cast<std::size_t>(url.data() - whole.data()) + 1);
    items.emplace_back();
    items.back().id = items.size() - 1;
    items.back().url = url;
  }
  if (items.empty())
    reject_at(name, 1, 1, "no address in it: write one http(s) address a line");
  return items;
}

}  // namespace interleave
