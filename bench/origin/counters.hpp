// What the origin counts, in memory that another process may read.
#pragma once

#include <atomic>
#include <cstdint>

namespace interleave::origin {

/// Counts since the last reset. Requests for `/stats` and bytes that were no
/// request (malformed ones) are in none of them. CPU time is not here: the
/// kernel keeps it, see Process::cpu().
///
/// Thread safety: the server is the only writer, but for reset(); any process
/// that shares the memory may read. Each value is true on its own; two of them
/// agree with each other once nothing is in flight.
/// Invariants: in_flight <= peak_in_flight, open <= peak_open.
struct Counters {
  std::atomic<std::uint64_t> requests{0};
  /// Distinct connections that carried one of those requests.
  std::atomic<std::uint64_t> connections{0};
  /// Requests whose head has been read and whose reply is not yet completely
  /// handed to the kernel. Waiting counts; so does sending.
  std::atomic<std::uint64_t> in_flight{0};
  std::atomic<std::uint64_t> peak_in_flight{0};
  /// Connections that are open, idle ones too, and the most there were.
  std::atomic<std::uint64_t> open{0};
  std::atomic<std::uint64_t> peak_open{0};
  /// Uploads that turned out to be what they had to be.
  std::atomic<std::uint64_t> uploads_verified{0};
  std::atomic<std::uint64_t> bytes_sent{0};      ///< heads included
  std::atomic<std::uint64_t> bytes_received{0};  ///< heads included

  // Of an origin with a capacity, as CapacityMachine counts; else zero.
  std::atomic<std::uint64_t> refused_429{0}, refused_503{0};
  /// Requests that came before the moment their refusal had named.
  std::atomic<std::uint64_t> early_retries{0};
  std::atomic<std::uint64_t> peak_in_service{0};
  std::atomic<std::uint64_t> peak_queued{0};  ///< that waited for a slot
  std::atomic<std::uint64_t> queued_ns{0};    ///< sum of those waits
  std::atomic<std::uint64_t> service_ns{0};   ///< sum of the times in service

  /// While true, nothing is limited: a warm-up runs.
  std::atomic<bool> warming_up{false};

  /// Which reset the counts belong to. A connection remembers the epoch it was
  /// last counted in, so one that stays open counts again after a reset.
  std::atomic<std::uint64_t> epoch{1};

  /// Starts from zero, from any process. Call it with nothing in flight: what
  /// is counted at this very moment may otherwise be lost. `in_flight` and
  /// `open` are never touched, so they stay true even then.
  void reset() {
    for (auto* counter :
         {&requests, &connections, &uploads_verified, &bytes_sent,
          &bytes_received, &refused_429, &refused_503, &early_retries,
          &peak_in_service, &peak_queued, &queued_ns, &service_ns})
      counter->store(0, std::memory_order_relaxed);
    peak_in_flight.store(in_flight.load(std::memory_order_relaxed),
                         std::memory_order_relaxed);
    peak_open.store(open.load(std::memory_order_relaxed),
                    std::memory_order_relaxed);
    epoch.fetch_add(1, std::memory_order_release);
  }
};

/// Which of the items 0 to 63 under `/gated/` are held: bit `id` is set from
/// the moment the reply could have been sent until it is released, or its
/// client has gone.
///
/// Thread safety: the server writes, any process reads.
struct Gate {
  static constexpr std::uint64_t ids = 64;
  std::atomic<std::uint64_t> held{0};
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free,
              "a lock would not work across processes");

}  // namespace interleave::origin
