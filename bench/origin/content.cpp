#include "bench/origin/content.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>

#include "bench/origin/query.hpp"
#include "bench/text/units.hpp"

namespace interleave::origin {

namespace {

using std::chrono::nanoseconds;

/// SplitMix64 (Steele, Lea, Flood 2014): a counter and a mixing function. Any
/// word of the stream can be computed without those before it, so a body can be
/// sent in parts and never has to be stored.
constexpr std::uint64_t golden_gamma = 0x9e3779b97f4a7c15;

constexpr std::uint64_t mix(std::uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/// Bodies, waits and faults draw from streams of their own, so that asking for
/// another wait never changes a byte.
enum class Stream : std::uint64_t { body = 1, wait = 2, fault = 3 };

constexpr std::uint64_t stream_key(Stream stream, std::uint64_t seed,
                                   std::uint64_t id) {
  const std::uint64_t of_seed =
      mix(seed + golden_gamma * static_cast<std::uint64_t>(stream));
  return mix(of_seed ^ mix(id + golden_gamma));
}

/// Eight characters from '0' to 'o', in the byte order of little-endian
/// machines everywhere.
std::uint64_t body_word(std::uint64_t key, std::uint64_t index) {
  const std::uint64_t x = mix(key + (index + 1) * golden_gamma);
  const std::uint64_t word = (x & 0x3f3f3f3f3f3f3f3f) + 0x3030303030303030;
  if constexpr (std::endian::native == std::endian::little) return word;
  return __builtin_bswap64(word);
}

WaitSpec checked(const WaitSpec& wait, std::string_view text) {
  const nanoseconds longest = wait.kind == WaitSpec::Kind::tail
                                  ? tail_cap * wait.low
                                  : std::max(wait.low, wait.high);
  if (longest > max_wait)
    throw std::invalid_argument(
        fmt::format("{} may wait longer than 10 minutes", in_quotes(text)));
  return wait;
}

std::string exact(nanoseconds duration) {
  const auto count = duration.count();
  if (count == 0) return "0";
  if (count % 1'000'000'000 == 0) return fmt::format("{}s", count / 1000000000);
  if (count % 1'000'000 == 0) return fmt::format("{}ms", count / 1000000);
  if (count % 1'000 == 0) return fmt::format("{}us", count / 1000);
  return fmt::format("{}ns", count);
}

std::size_t parse_bytes(std::string_view text) {
  const std::uint64_t bytes = parse_size(text);
  if (bytes > max_bytes)
    throw std::invalid_argument(
        fmt::format("{} is more than 1 GiB", in_quotes(text)));
  return static_cast<std::size_t>(bytes);
}

std::string path_under(std::string_view root, const ItemSpec& item) {
  return fmt::format("{}{}?bytes={}&wait={}&seed={}", root, item.id, item.bytes,
                     to_string(item.wait), item.seed);
}

}  // namespace

WaitSpec parse_wait(std::string_view text) {
  constexpr std::string_view tail = "tail:";
  using Kind = WaitSpec::Kind;
  if (text.starts_with(tail)) {
    const nanoseconds median = parse_duration(text.substr(tail.size()));
    // Compared before it is multiplied: 20 medians may not fit.
    const nanoseconds low = std::min<nanoseconds>(median, max_wait);
    return checked({Kind::tail, low, {}}, text);
  }
  const std::size_t dots = text.find("..");
  if (dots == text.npos)
    return checked({Kind::fixed, parse_duration(text), {}}, text);

  const nanoseconds low = parse_duration(text.substr(0, dots));
  const nanoseconds high = parse_duration(text.substr(dots + 2));
  if (low > high)
    throw std::invalid_argument(
        fmt::format("{} ends before it begins: write {}..{}", in_quotes(text),
                    exact(high), exact(low)));
  return checked({Kind::uniform, low, high}, text);
}

std::string to_string(const WaitSpec& wait) {
  switch (wait.kind) {
    case WaitSpec::Kind::fixed:
      break;
    case WaitSpec::Kind::uniform:
      return exact(wait.low) + ".." + exact(wait.high);
    case WaitSpec::Kind::tail:
      return "tail:" + exact(wait.low);
  }
  return exact(wait.low);
}

Clock::duration waiting_time(const WaitSpec& wait, std::uint64_t seed,
                             std::uint64_t id) {
  const std::uint64_t drawn = mix(stream_key(Stream::wait, seed, id));
  const auto low = static_cast<std::uint64_t>(wait.low.count());
  const auto high = static_cast<std::uint64_t>(wait.high.count());
  std::uint64_t ns = low;
  if (wait.kind == WaitSpec::Kind::uniform) ns += drawn % (high - low + 1);
  if (wait.kind == WaitSpec::Kind::tail) {
    // Twenty medians divided by a number drawn evenly from 1 to 39, whose own
    // median is 20: a bounded Pareto distribution without a logarithm. The
    // number has 20 binary places; 20 * 30 s * 2^20 ns still fits 64 bits.
    constexpr std::uint64_t one = std::uint64_t{1} << 20;
    constexpr std::uint64_t cap = tail_cap;
    ns = cap * low * one / (one + drawn % ((2 * cap - 2) * one + 1));
  }
  return std::chrono::duration_cast<Clock::duration>(
      nanoseconds(static_cast<std::int64_t>(ns)));
}

std::uint64_t fault_number(std::uint64_t seed, std::uint64_t id) {
  return mix(stream_key(Stream::fault, seed, id));
}

void fill_body(std::uint64_t seed, std::uint64_t id, std::uint64_t offset,
               std::span<char> part) {
  const std::uint64_t key = stream_key(Stream::body, seed, id);
  std::uint64_t index = offset / 8;
  std::size_t skip = static_cast<std::size_t>(offset % 8);
  char* out = part.data();
  std::size_t left = part.size();
  while (left > 0) {
    const std::uint64_t word = body_word(key, index++);
    if (skip == 0 && left >= 8) {
      std::memcpy(out, &word, 8);
      out += 8;
      left -= 8;
      continue;
    }
    char bytes[8];
    std::memcpy(bytes, &word, 8);
    const std::size_t count = std::min(8 - skip, left);
    std::memcpy(out, bytes + skip, count);
    out += count;
    left -= count;
    skip = 0;
  }
}

std::string body_of(std::uint64_t seed, std::uint64_t id, std::size_t bytes) {
  std::string body(bytes, '\0');
  fill_body(seed, id, 0, body);
  return body;
}

std::string item_path(const ItemSpec& item) {
  return path_under("/items/", item);
}

std::string gated_path(const ItemSpec& item) {
  return path_under("/gated/", item);
}

void read_item_query(const Query& query, ItemSpec& item) {
  query.with("bytes",
             [&](std::string_view value) { item.bytes = parse_bytes(value); });
  query.with("wait",
             [&](std::string_view value) { item.wait = parse_wait(value); });
  query.with("seed", [&](std::string_view value) {
    item.seed = read_integer(value, 0, ~std::uint64_t{0});
  });
}

ItemRequest parse_item_path(std::string_view target) {
  ItemRequest request;
  request.gated = target.starts_with("/gated/");
  if (!request.gated && !target.starts_with("/items/"))
    throw std::invalid_argument("an item's path is /items/ID or /gated/ID");
  const std::string_view id =
      path_of(target).substr(std::string_view("/items/").size());
  try {
    request.item.id = read_integer(id, 0, ~std::uint64_t{0});
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(fmt::format("item {}", error.what()));
  }
  read_item_query(Query(target, {"bytes", "wait", "seed"}), request.item);
  return request;
}

}  // namespace interleave::origin
