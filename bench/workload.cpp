#include "bench/workload.hpp"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "bench/catalog.hpp"
#include "bench/units.hpp"
#include "common/compute.hpp"
#include "common/digest.hpp"

namespace interleave {

namespace {

using namespace std::chrono_literals;
using origin::WaitSpec;

constexpr WaitSpec fixed(std::chrono::nanoseconds wait) {
  return {WaitSpec::Kind::fixed, wait, {}};
}

const std::array all_recipes{
    Recipe{"pages",
           "download pages, count and hash their bytes",
           true,
           {"pages", 24, fixed(20ms), 10'966, 0ns, 1}},
    Recipe{"mixed",
           "download, then compute for a chosen time",
           true,
           {"mixed", 24, fixed(50ms), 10'966, 4ms, 1}},
    Recipe{"sleep",
           "wait, without a network",
           false,
           {"sleep", 24, fixed(20ms), 0, 0ns, 1}},
};

[[noreturn]] void reject(std::string_view name, std::size_t line,
                         std::size_t column, const std::string& what) {
  throw InputError(
      fmt::format("{}:{}:{}: {}", printable(name), line, column, what));
}

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
    reject(
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
    reject(name, line, column,
           "not an http:// or https:// address: write one a line, "
           "comments start with #");
  if (url.size() > max_url)
    reject(name, line, column,
           fmt::format("an address of {} bytes: {} are accepted", url.size(),
                       max_url));
}

}  // namespace

std::span<const Recipe> recipes() {
  return all_recipes;
}

const Recipe& recipe(std::string_view name) {
  std::vector<std::string_view> names;
  for (const Recipe& known : all_recipes) {
    if (known.name == name) return known;
    names.push_back(known.name);
  }
  const std::string_view close = nearest(name, names);
  throw std::invalid_argument(
      close.empty() ? fmt::format("no workload is called {}: choose {}",
                                  in_quotes(name), fmt::join(names, ", "))
                    : fmt::format("no workload is called {}: did you mean "
                                  "'{}'?",
                                  in_quotes(name), close));
}

std::vector<Item> make_items(
    const WorkloadSettings& settings,
    const std::function<std::string(std::string_view path)>& url) {
  const bool from_origin = recipe(settings.name).needs_origin;
  const std::size_t bytes = from_origin ? settings.bytes : 0;
  const std::uint64_t rounds = settings.cpu > std::chrono::nanoseconds::zero()
                                   ? rounds_for(settings.cpu, round_cost(bytes))
                                   : 0;

  std::vector<Item> items(settings.items);
  for (std::size_t i = 0; i < items.size(); ++i) {
    Item& item = items[i];
    item.id = i;
    item.wait = origin::waiting_time(settings.latency, settings.seed, i);
    item.rounds = rounds;
    item.cpu = settings.cpu;
    std::string body;
    if (from_origin) {
      body = origin::body_of(settings.seed, i, bytes);
      item.url =
          url(origin::item_path({i, settings.seed, bytes, settings.latency}));
    } else {
      item.url = "sleep:" + to_string(fixed(item.wait));
    }
    item.expected = Expected{body.size(), digest(body)};
  }
  return items;
}

std::vector<Item> read_url_list(const std::filesystem::path& file) {
  const std::string name = printable(file.string());
  std::error_code error;
  if (std::filesystem::is_directory(file, error))
    throw InputError(name + ": is a directory: name a file of addresses");
  std::ifstream stream(file, std::ios::binary);
  std::stringstream text;
  if (stream) text << stream.rdbuf();
  if (!stream)
    throw InputError(
        fmt::format("{}: cannot be read ({}): check its name and "
                    "its permissions",
                    name, std::strerror(errno)));
  return parse_url_list(text.str(), file.string());
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
    reject(name, 1, 1, "no address in it: write one http(s) address a line");
  return items;
}

}  // namespace interleave
