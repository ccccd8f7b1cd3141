#include "bench/command/checks.hpp"

#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <sstream>

#include "bench/measure/context.hpp"
#include "bench/measure/descriptors.hpp"
#include "bench/measure/resources.hpp"
#include "bench/text/text.hpp"
#include "bench/text/units.hpp"
#include "bench/workload/workload.hpp"
#include "common/options.hpp"

namespace interleave {

namespace {

using Level = Check::Level;

/// Of the workload that is compared when nothing else is asked for.
std::size_t default_items() {
  return recipe("pages").defaults.items;
}

constexpr std::uint64_t wanted_memory = std::uint64_t{512} << 20;

std::string spell(const Limit& limit) {
  return limit ? fmt::format("{}", *limit) : "unlimited";
}

Limit limit_of(rlim_t value) {
  return value == RLIM_INFINITY ? Limit() : Limit(value);
}

/// How many items fit under a limit, when each takes so many.
std::string items_within(rlim_t limit, std::size_t each) {
  if (limit == RLIM_INFINITY) return "any number of";
  return fmt::format(
      "{}", limit < own_descriptors ? 0 : (limit - own_descriptors) / each);
}

Check descriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  std::size_t wanted = 0, most_each = 0;
  for (const Cell& cell : catalog()) {
    wanted = std::max(
        wanted, descriptors_needed(cell, default_items(), Options(), true));
    most_each = std::max(most_each, cell.model->descriptors.with_curl);
  }
  Check check{Level::ok, "descriptors",
              fmt::format("soft limit {}, hard limit {}: up to {} items in "
                          "flight, {} with threads (runs raise the soft one)",
                          spell(limit_of(limit.rlim_cur)),
                          spell(limit_of(limit.rlim_max)),
                          items_within(limit.rlim_max, 1),
                          items_within(limit.rlim_max, most_each)),
              ""};
  if (limit.rlim_max >= wanted) return check;
  check.level = limit.rlim_max <= own_descriptors ? Level::fail : Level::warn;
  check.advice = fmt::format(
      "{} are needed for {} items, raise it: ulimit -Hn 20000, or take fewer "
      "items or a lower --limit",
      wanted, default_items());
  return check;
}

Check processes(const std::string& root) {
  rlimit limit{};
  getrlimit(RLIMIT_NPROC, &limit);
  const Limit user = limit_of(limit.rlim_cur);
  const Limit group = number_in(group_file(root, "pids.max", "pids/pids.max"));
  Check check{Level::ok, "processes",
              fmt::format("user limit {}, container limit {}", spell(user),
                          spell(group)),
              ""};
  const std::uint64_t least =
      std::min(user.value_or(UINT64_MAX), group.value_or(UINT64_MAX));
  constexpr std::uint64_t others = 32;  // a shell, the origin, a build
  if (least >= default_items() + others) return check;
  check.level = least < 8 ? Level::fail : Level::warn;
  check.advice =
      "gather starts a thread or process an item: raise ulimit -u or the "
      "container's pids limit, or take fewer items";
  return check;
}

Check cores(const std::string& root) {
  const Context context = read_context();
  // "200000 100000": microseconds of CPU in each period; "max" for no quota.
  std::istringstream quota(group_file(root, "cpu.max", ""));
  double allowed = 0, period = 0;
  const bool limited = (quota >> allowed >> period) && period > 0;
  Check check{
      Level::ok, "cores",
      fmt::format("{} of {} usable{}", context.cores, context.cores_online,
                  limited ? fmt::format(", a quota of {} cores",
                                        significant(allowed / period))
                          : ", no quota"),
      ""};
  if (limited && allowed / period < context.cores) {
    check.level = Level::warn;
    check.advice =
        "a quota stops every thread once it is used up: give the container "
        "whole cores (--cpuset-cpus) instead";
  } else if (context.cores < 2) {
    check.level = Level::warn;
    check.advice =
        "with one core the origin takes time from what it serves, "
        "and nothing runs in parallel: use two or more";
  }
  return check;
}

Check governor(const std::string& root) {
  const std::string governor = read_small_file(
      root + "/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  if (governor.empty())
    return {Level::ok, "governor", "not visible, as in most virtual machines",
            ""};
  if (governor == "performance") return {Level::ok, "governor", governor, ""};
  return {Level::warn, "governor", printable(governor),
          "clock rates will vary: cpupower frequency-set -g performance"};
}

Check memory(const std::string& root) {
  const Limit group =
      number_in(group_file(root, "memory.max", "memory/memory.limit_in_bytes"));
  const std::uint64_t available = available_memory(root);
  Check check{
      Level::ok, "memory",
      fmt::format("{} available, container limit {}", format_size(available),
                  group && *group < std::uint64_t{1} << 60 ? format_size(*group)
                                                           : "none"),
      ""};
  if (std::min(available, group.value_or(UINT64_MAX)) >= wanted_memory)
    return check;
  check.level = Level::warn;
  check.advice = "little for processes/gather: free some, or take fewer items";
  return check;
}

Check load(const std::string& root) {
  std::istringstream text(read_small_file(root + "/proc/loadavg"));
  double one_minute = 0;
  text >> one_minute;
  const unsigned usable = read_context().cores;
  Check check{Level::ok, "load",
              fmt::format("{:.2f} on {}", one_minute, count_of(usable, "core")),
              ""};
  if (one_minute < 0.5 * usable) return check;
  check.level = Level::warn;
  check.advice = "others are using this machine: end them, or wait";
  return check;
}

/// Ports of the local end that connections are made from.
Check ports(const std::string& root) {
  std::istringstream range(
      read_small_file(root + "/proc/sys/net/ipv4/ip_local_port_range"));
  std::uint64_t low = 0, high = 0;
  if (!(range >> low >> high) || high < low)
    return {Level::ok, "ports", "range not visible", ""};
  // "TCP: inuse 4 orphan 0 tw 12 alloc 5 mem 1"
  std::istringstream words(read_small_file(root + "/proc/net/sockstat"));
  std::uint64_t waiting = 0;
  for (std::string word; words >> word;)
    if (word == "tw") words >> waiting;
  const std::uint64_t all = high - low + 1;
  Check check{Level::ok, "ports",
              fmt::format("{} ephemeral ports, {} in TIME_WAIT", all, waiting),
              ""};
  if (all - std::min(all, waiting) >= 16'384) return check;
  check.level = Level::warn;
  check.advice =
      "each connection takes a port for a minute: wait, or widen "
      "net.ipv4.ip_local_port_range";
  return check;
}

Check clock_source(const std::string& root) {
  const std::string source = read_small_file(
      root +
      "/sys/devices/system/clocksource/clocksource0/current_clocksource");
  if (source.empty()) return {Level::ok, "clock", "source not visible", ""};
  // The others are read with a system call, at each of our stamps.
  const bool quick = source == "tsc" || source == "kvm-clock" ||
                     source == "arch_sys_counter" ||
                     source.starts_with("hyperv");
  if (quick) return {Level::ok, "clock", printable(source), ""};
  return {Level::warn, "clock", printable(source),
          "reading the time is slow: CPU per item will look higher"};
}

Check build() {
  const Context context = read_context();
  const bool sanitized = context.flags.find("-fsanitize") != std::string::npos;
  Check check{Level::ok, "build",
              fmt::format("{}, {}", context.build_type, context.compiler), ""};
  if (context.build_type == "Release" && !sanitized) return check;
  check.level = Level::warn;
  check.advice = "measure with the release preset only";
  return check;
}

}  // namespace

std::string_view to_string(Check::Level level) {
  switch (level) {
    case Level::ok:
      return "ok";
    case Level::warn:
      return "warn";
    case Level::fail:
      return "fail";
  }
  return "";
}

std::vector<Check> check_machine(const std::string& root) {
  const Context context = read_context();
  return {descriptors(),
          processes(root),
          ports(root),
          cores(root),
          governor(root),
          memory(root),
          load(root),
          clock_source(root),
          {Level::ok, "kernel", printable(context.kernel), ""},
          build()};
}

}  // namespace interleave
