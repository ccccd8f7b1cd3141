#include "bench/measure/resources.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <sstream>

namespace interleave {

namespace {

/// Empty for what cannot be read, such as a folder.
std::string content_of(const std::string& path) {
  const std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::optional<std::uint64_t> known(rlim_t limit) {
  if (limit == RLIM_INFINITY) return {};
  return limit;
}

/// What is left of a limit of which `used` is taken.
std::optional<std::uint64_t> left(std::optional<std::uint64_t> limit,
                                  std::uint64_t used) {
  if (!limit) return {};
  return *limit - std::min(*limit, used);
}

/// All tasks there are: "0.20 0.18 0.12 1/80 11206".
std::uint64_t running_tasks(const std::string& root) {
  const std::string text = content_of(root + "/proc/loadavg");
  const std::size_t slash = text.find('/');
  return slash == std::string::npos
             ? 0
             : number_in(text.substr(slash + 1)).value_or(0);
}

Allowance tasks(const std::string& root) {
  const std::uint64_t running = running_tasks(root);
  rlimit user{};
  getrlimit(RLIMIT_NPROC, &user);
  const auto kernel = [&](const char* name) {
    return left(number_in(content_of(root + "/proc/sys/kernel/" + name)),
                running);
  };
  const auto group =
      left(number_in(group_file(root, "pids.max", "pids/pids.max")),
           number_in(group_file(root, "pids.current", "pids/pids.current"))
               .value_or(0));
  Allowance allowed;
  allowed.lower_to(left(known(user.rlim_cur), running), "ulimit -u");
  allowed.lower_to(kernel("pid_max"), "kernel.pid_max");
  allowed.lower_to(kernel("threads-max"), "kernel.threads-max");
  allowed.lower_to(group, "the container's pids limit");
  return allowed;
}

Allowance memory(const std::string& root) {
  Allowance allowed;
  allowed.lower_to(available_memory(root), "the memory available");
  const auto used = number_in(
      group_file(root, "memory.current", "memory/memory.usage_in_bytes"));
  allowed.lower_to(left(number_in(group_file(root, "memory.max",
                                             "memory/memory.limit_in_bytes")),
                        used.value_or(0)),
                   "the container's memory limit");
  return allowed;
}

Allowance ports(const std::string& root) {
  std::istringstream range(
      content_of(root + "/proc/sys/net/ipv4/ip_local_port_range"));
  std::uint64_t low = 0, high = 0;
  Allowance allowed;
  if (range >> low >> high && high >= low)
    allowed.lower_to(high - low + 1, "net.ipv4.ip_local_port_range");
  return allowed;
}

}  // namespace

void Allowance::lower_to(std::optional<std::uint64_t> other,
                         std::string_view name) {
  if (!other || *other >= left) return;
  left = *other;
  who = name;
}

Resources resources(const std::string& root) {
  Resources all;
  rlimit descriptors{};  // runs raise the soft limit
  getrlimit(RLIMIT_NOFILE, &descriptors);
  all.memory = memory(root);
  all.tasks = tasks(root);
  all.maps.lower_to(number_in(content_of(root + "/proc/sys/vm/max_map_count")),
                    "vm.max_map_count");
  all.descriptors.lower_to(known(descriptors.rlim_max), "ulimit -Hn");
  all.ports = ports(root);
  return all;
}

std::uint64_t available_memory(const std::string& root) {
  std::istringstream lines(content_of(root + "/proc/meminfo"));
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("MemAvailable:"))
      return number_in(line.substr(13)).value_or(0) * 1024;
  return 0;
}

std::string group_file(const std::string& root, std::string_view v2,
                       std::string_view v1) {
  std::istringstream lines(content_of(root + "/proc/self/cgroup"));
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("0::")) continue;
    std::string text = content_of(
        fmt::format("{}/sys/fs/cgroup{}/{}", root, line.substr(3), v2));
    if (!text.empty()) return text;
  }
  std::string text = content_of(fmt::format("{}/sys/fs/cgroup/{}", root, v2));
  if (!text.empty()) return text;
  return content_of(fmt::format("{}/sys/fs/cgroup/{}", root, v1));
}

std::optional<std::uint64_t> number_in(const std::string& text) {
  std::istringstream stream(text);
  std::uint64_t number = 0;
  if (stream >> number) return number;
  return std::nullopt;
}

}  // namespace interleave
