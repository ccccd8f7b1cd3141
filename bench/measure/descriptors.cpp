#include "bench/measure/descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <string_view>

#include "async/curl_client.hpp"

namespace interleave {

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_max;
}

bool connects(std::span<const Item> items) {
  const auto opens = [](std::string_view url) {
    return !url.empty() && !url.starts_with("sleep:");
  };
  return std::ranges::any_of(items, [&](const Item& item) {
    return opens(item.url) || opens(item.then);
  });
}

std::size_t descriptors_per_item(const Model& model, Transport transport,
                                 bool connects) {
  if (model.name == "processes") return 1;
  if (!connects) return 0;
  if (model.name != "threads" && model.name != "onetbb") return 1;
  return transport == Transport::beast ? 4 : 3;
}

std::size_t descriptors_needed(const Cell& cell, std::size_t items,
                               const Options& options, bool connects) {
  const std::size_t width = cell.width(items, options);
  // A multi handle has a pair of sockets to be woken by.
  const std::size_t clients =
      cell.model->name == "async" && connects
          ? 1 + width / async::CurlClient::most_transfers
          : 0;
  return own_descriptors + 2 * clients +
         descriptors_per_item(*cell.model, options.transport, connects) * width;
}

}  // namespace interleave
