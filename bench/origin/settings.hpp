// Where the origin listens, and what it can do.
#pragma once

#include <cstdint>
#include <string>

#include "bench/grid/capacity.hpp"

namespace interleave::origin {

struct Settings {
  /// A numeric address of this machine. Anything but the loopback lets other
  /// machines in: the origin knows no authentication.
  std::string address = "127.0.0.1";

  /// How many it listens at, all on the same port: with 3, an `address` of
  /// 127.0.0.1 is followed by 127.0.0.2 and 127.0.0.3. More than one takes an
  /// IPv4 address.
  unsigned addresses = 1;

  /// 0 takes any free port.
  std::uint16_t port = 0;

  /// Serves `/gated/` too. Only a Process can release what is held there.
  bool gate = false;

  /// Of everything but /stats, errors and what is gated; and of how many
  /// replies a share of it is, in a run.
  Capacity capacity{};
  std::uint64_t replies = 0;
};

}  // namespace interleave::origin
