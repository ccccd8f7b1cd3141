// What this process may still take of the machine.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace interleave {

/// A number that something refuses to exceed, and who that is.
struct Allowance {
  std::uint64_t left = UINT64_MAX;
  std::string who;  ///< "kernel.pid_max"; empty where nothing limits

  /// The smaller of the two.
  void lower_to(std::optional<std::uint64_t> other, std::string_view name);
};

/// How much of what runs may take, as of now.
struct Resources {
  Allowance memory;       ///< bytes
  Allowance tasks;        ///< processes and threads
  Allowance maps;         ///< memory maps of one process
  Allowance descriptors;  ///< of one process
  Allowance ports;        ///< that connections are made from
};

/// `root` stands before /proc and /sys.
Resources resources(const std::string& root = "");

/// Memory that is available now, in bytes, by /proc/meminfo.
std::uint64_t available_memory(const std::string& root = "");

/// A file of this process's control group, in version 2 or else version 1 of
/// their interface; where neither exists, empty.
std::string group_file(const std::string& root, std::string_view v2,
                       std::string_view v1);

/// The number a text begins with; nothing for "max" and the like.
std::optional<std::uint64_t> number_in(const std::string& text);

}  // namespace interleave
