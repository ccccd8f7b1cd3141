// The capacity of the origin, as it is typed and as it is told.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "bench/grid/capacity.hpp"

namespace interleave {

/// An option that says what the server can do.
struct ServerOption {
  std::string_view name, value, help;
  /// Throws std::invalid_argument.
  void (*read)(std::string_view text, Capacity& server);
  /// The text that read() makes the same of, and as it is told; "" where the
  /// server is not limited so. nullptr: others say it.
  std::string (*text)(const Capacity& server);
  std::string (*words)(const Capacity& server);
};

/// `--server`, which comes first and is what the others change; then one for
/// each limit.
std::span<const ServerOption> server_options();

/// What the options ask for. `text_of` says what was given for a name, or
/// nullptr. Throws std::invalid_argument that names the option.
Capacity read_server(
    const std::function<const std::string*(std::string_view name)>& text_of);

/// Whether shares of a run's replies matter to it.
bool counts_replies(const Capacity& server);

/// The name of the profile that it is, or "".
std::string_view profile_of(const Capacity& server);

/// As it is typed: `--slots 8 --backlog 8`, or "" for one without limits.
std::string server_text(const Capacity& server);

/// In words: "8 slots, 8 requests may wait"; "no limits".
std::string describe_server(const Capacity& server);

}  // namespace interleave
