// What the origin sends, and when: pure functions of an item's spec, shared by
// the server and by whoever must know beforehand what it will do.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "bench/origin/query.hpp"
#include "common/item.hpp"

namespace interleave::origin {

/// The longest wait and the largest body an item may ask for.
inline constexpr std::chrono::minutes max_wait{10};
inline constexpr std::uint64_t max_bytes = std::uint64_t{1} << 30;

/// The longest wait of a tail, in medians.
inline constexpr int tail_cap = 20;

/// How long items wait before their reply.
struct WaitSpec {
  enum class Kind : std::uint8_t {
    fixed,    ///< always `low`
    uniform,  ///< evenly between `low` and `high`, both included
    tail,     ///< a bounded Pareto distribution with median `low`: half of all
              ///< waits lie between 0.51 and 1 median, one in ten is above
              ///< 4.2, one in a hundred above 14.5, none above 20; the mean
              ///< is 1.93 medians
  };

  Kind kind = Kind::fixed;
  std::chrono::nanoseconds low{};
  std::chrono::nanoseconds high{};  ///< uniform only, else zero

  bool operator==(const WaitSpec&) const = default;
};

/// Reads `89ms` (fixed), `10ms..50ms` (uniform) or `tail:50ms`. No wait may be
/// able to exceed max_wait. Throws std::invalid_argument, see parse_duration().
WaitSpec parse_wait(std::string_view text);

/// As parse_wait() reads it, to the nanosecond.
std::string to_string(const WaitSpec& wait);

/// The wait of item `id` in a workload with this seed: the same on every
/// machine, made of integers only.
Clock::duration waiting_time(const WaitSpec& wait, std::uint64_t seed,
                             std::uint64_t id);

/// A number drawn for item `id` in a workload with this seed, even over all of
/// them, to choose which items fail: waits and bodies draw others.
std::uint64_t fault_number(std::uint64_t seed, std::uint64_t id);

/// Fills `part` with the bytes of a body from `offset` on: printable ASCII, the
/// same for the same seed and id for ever. `offset` is in bytes, any value.
void fill_body(std::uint64_t seed, std::uint64_t id, std::uint64_t offset,
               std::span<char> part);

/// The first `bytes` bytes of that body.
std::string body_of(std::uint64_t seed, std::uint64_t id, std::size_t bytes);

/// One thing the origin can be asked for.
struct ItemSpec {
  std::uint64_t id = 0;
  std::uint64_t seed = 1;
  std::size_t bytes = 1024;  ///< up to max_bytes
  WaitSpec wait;

  bool operator==(const ItemSpec&) const = default;
};

/// `/items/17?bytes=10966&wait=89ms&seed=1`: every parameter, in this order.
std::string item_path(const ItemSpec& item);

/// The same under `/gated/`: the reply is held until it is released.
std::string gated_path(const ItemSpec& item);

/// What a path under `/items/` or `/gated/` asks for.
struct ItemRequest {
  ItemSpec item;
  bool gated = false;
};

/// Reads `bytes`, `wait` and `seed`, as far as the query has them. Throws
/// std::invalid_argument that names the parameter.
void read_item_query(const Query& query, ItemSpec& item);

/// Reads item_path() and gated_path() back. Parameters may be absent and in any
/// order; `bytes` may have a unit (`64KiB`). Throws std::invalid_argument that
/// names the parameter which is unknown, repeated or malformed.
ItemRequest parse_item_path(std::string_view target);

}  // namespace interleave::origin
