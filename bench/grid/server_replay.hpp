// A job on a server with a capacity: replayed without any time of a client, and
// the bounds that hold for every client.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "bench/grid/capacity.hpp"
#include "common/item.hpp"

namespace interleave {

/// What limits a job besides its pattern; none: its own limit does.
enum class ServerLimit { none, slots, contention, rate, bandwidth };

/// The fixed limit that a client without any time of its own would choose.
struct BestLimit {
  std::size_t limit;
  Clock::duration time;
};

/// Thread safety: one thread at a time.
/// Invariants: the items outlive it.
class ServerReplay {
 public:
  ServerReplay(std::span<const Item> items, const Capacity& server);

  /// What the job takes with `limit` items in flight, each begun in submission
  /// order as soon as another has ended, by a client that takes no time and has
  /// a core for each. Refused requests come again when they were told to, or
  /// after their own time; an item keeps its place meanwhile.
  Clock::duration time(std::size_t limit) const;

  /// The lowest limit up to `most` that comes within 2% of the shortest.
  /// Limits above 16 are tried in steps of a tenth.
  BestLimit best(std::size_t most) const;

  /// Whether a lower limit than this is faster by more than that.
  bool overloaded(std::size_t limit) const;

  // Bounds. Each holds for every schedule, also of a client that waits before
  // it asks: that may be faster than a replay, where less in flight is.

  /// The items, with waits of what their requests take at least: their service
  /// times, and their bytes.
  std::vector<Item> alone() const;

  struct Bound {
    Clock::duration time{};
    ServerLimit limit = ServerLimit::none;
  };
  /// Of some of the items, with at most `width` downloads at once, whatever
  /// their order. `whole`: these are all of them.
  Bound bound(Workload some, std::size_t width, bool whole) const;

 private:
  std::span<const Item> items_;
  Capacity server_;
  mutable std::map<std::size_t, Clock::duration> times_;
};

}  // namespace interleave
