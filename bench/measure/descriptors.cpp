#include "bench/measure/descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <string_view>

namespace interleave {

std::size_t descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_max;
}

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
    return opens(item.url) || opens(item.follow_up);
  });
}

std::size_t descriptors_needed(const Cell& cell, std::size_t items,
                               const Options& options, bool connects) {
  const std::size_t width = cell.width(items, options);
  const DescriptorUse& use = cell.model->descriptors;
  std::size_t needed = own_descriptors + use.always * width;
  if (!connects) return needed;
  needed += use.connected(options.transport) * width;
  if (use.tasks_per_client > 0)
    needed += 2 * (1 + width / use.tasks_per_client);
  return needed;
}

}  // namespace interleave
