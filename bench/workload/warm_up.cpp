#include "bench/workload/warm_up.hpp"

#include <strings.h>

#include <algorithm>
#include <chrono>

namespace interleave {

std::vector<Item> warm_up_items(const WorkloadSettings& settings,
                                const Cell& cell, const Options& options,
                                const UrlOf& url) {
  constexpr std::size_t most_items = 256;
  constexpr std::size_t most_bytes = std::size_t{64} << 20;
  constexpr std::chrono::nanoseconds in_all = std::chrono::milliseconds(20);
  WorkloadSettings first = settings;
  first.items = std::min(first.items, most_items);
  const std::size_t together = cell.width(first.items, options);
  if (first.bytes > 0)
    first.items =
        std::min(first.items, std::max(most_bytes / first.bytes, together));
  if (first.items > 0)
    first.bytes = std::min(first.bytes, most_bytes / first.items);
  first.latency = {
      origin::WaitSpec::Kind::fixed, in_all * together / first.items, {}};
  first.cpu = {};
  first.faults = {};  // a warm-up that fails warms nothing
  return make_items(first, url);
}

WorkloadSettings like(std::span<const Item> items) {
  const auto asks = [](const std::string& url) {
    return strncasecmp(url.c_str(), "http", 4) == 0;
  };
  const bool served = std::ranges::any_of(items, [&](const Item& item) {
    return asks(item.url) || asks(item.follow_up);
  });
  WorkloadSettings like = recipe(served ? "pages" : "sleep").defaults;
  like.items = items.size();
  like.bytes = mean_bytes(items).value_or(like.bytes);
  return like;
}

std::optional<std::size_t> mean_bytes(std::span<const Item> items) {
  std::size_t sum = 0, count = 0;
  for (const Item& item : items) {
    if (!item.expected) continue;
    sum += item.expected->bytes;
    ++count;
  }
  if (count == 0) return std::nullopt;
  return sum / count;
}

}  // namespace interleave
