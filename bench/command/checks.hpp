// What on this machine could spoil a measurement. Looks, and changes nothing.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace interleave {

struct Check {
  enum class Level { ok, warn, fail };

  Level level = Level::ok;
  std::string name;
  std::string fact;    ///< what was found
  std::string advice;  ///< what to do about it; empty when ok
};
std::string_view to_string(Check::Level level);

/// Every check, always the same ones in the same order. `root` stands before
/// /proc and /sys.
std::vector<Check> check_machine(const std::string& root = "");

}  // namespace interleave
