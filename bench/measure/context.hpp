// What a number depends on beside the source: the machine, the build, limits.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace interleave {

/// A resource limit of this process; nullopt is "unlimited".
using Limit = std::optional<std::uint64_t>;

struct Context {
  // The machine.
  std::string host;
  std::string kernel;     ///< "Linux 6.1.0-18-amd64"
  std::string cpu_model;  ///< "unknown" where the system does not say
  unsigned cores = 1;     ///< this process may use, by affinity
  unsigned cores_online = 1;
  Limit descriptors;  ///< open at once; the hard limit, which runs use
  Limit processes;    ///< of this user, threads included

  // The build.
  std::string version;
  std::string git_commit;  ///< checked out at the time of the build
  std::string compiler;    ///< "GNU 12.2.0"
  std::string flags;
  std::string build_type;
  std::vector<std::pair<std::string, std::string>> libraries;
};

/// Cores that this process may use, by affinity.
unsigned usable_cores();

/// This moment, in UTC, ISO 8601: "2025-01-31T12:00:00Z".
std::string utc_now();

/// Never fails: what cannot be found out reads "unknown".
Context read_context();

/// Programs and libraries, one a line, as `--version` prints them.
std::string version_text(const Context& context);

/// The processor's name in the text of /proc/cpuinfo, or "unknown".
std::string cpu_model_of(std::string_view cpuinfo);

/// The whole content of a small file such as those in /proc, without the
/// white space at its end; empty when it cannot be read.
std::string read_small_file(const std::string& path);

}  // namespace interleave
