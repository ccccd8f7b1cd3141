// Every knob a pattern heeds: what it does, its default, what it costs.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "common/item.hpp"

namespace interleave {

class LimitLog;
class Trust;

/// What one failed item means for the others.
enum class OnError {
  collect,  ///< nothing: every item is tried, every error is reported
  stop,     ///< items that have not started are skipped; started ones finish
};

/// The library that speaks HTTP, the same in every model.
enum class Transport {
  curl,   ///< libcurl: easy handles, or a multi handle on the loop
  beast,  ///< Boost.Beast on Asio's sockets; for the suite's own origin
};
std::string_view to_string(Transport transport);

/// What moves the limit of the pattern `adaptive` (common/pace.hpp).
enum class Controller {
  pace,  ///< how much slower items are than on a quiet server
  aimd,  ///< plus one for each full round, times 0.7 at a refusal
};
std::string_view to_string(Controller controller);

/// What harness and workers say to each other while a run goes on. It lives in
/// memory shared by the harness, the measured process and its children, so
/// progress is seen, and a stop is heard, across a fork.
///
/// Thread safety: atomics; any process or thread may touch any member.
/// Invariants: every item is counted in `ended` once, but for those that were
/// never handed out because of a stop; `stop` and `abort` are never taken back,
/// and who sets `abort` sets `stop` before it.
struct RunControl {
  std::atomic<std::uint64_t> began{0};  ///< items whose download has started
  std::atomic<std::uint64_t> ended{0};  ///< items with an outcome, skipped too
  /// Attempts that servers refused, so far (Attempt::refused).
  std::atomic<std::uint64_t> refusals{0};
  std::atomic<bool> stop{false};   ///< start nothing new
  std::atomic<bool> abort{false};  ///< and cancel what has started
  /// What `began` will be when every item has; 0 where nobody knows.
  std::atomic<std::uint64_t> due{0};

  /// True once every item has begun: a connection that falls idle now is not
  /// wanted any more.
  bool all_begun() const noexcept {
    const std::uint64_t all = due.load(std::memory_order_relaxed);
    return all > 0 && began.load(std::memory_order_relaxed) >= all;
  }
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free &&
                  std::atomic<bool>::is_always_lock_free,
              "a lock would not work across processes");

struct Options {
  /// Concurrency limit. semaphore: items in flight; queue, producers: workers;
  /// pipeline: downloads in flight. Not heeded by one_by_one, gather and
  /// batches. Each unit costs a thread, a process or a coroutine, and a
  /// connection.
  unsigned limit = 8;

  /// Bound of a limit that moves (adaptive), at least 1. Each unit that is
  /// reached costs what one of `limit` does; oneTBB makes all threads at once.
  unsigned limit_max = 128;

  /// What moves that limit.
  Controller controller = Controller::pace;

  /// Places of a bounded queue, at least 1 (queue, pipeline, producers). A
  /// larger one smooths bursts and costs memory: in a pipeline a place holds a
  /// body.
  std::size_t queue_capacity = 8;

  /// Who hands items in, each after its own delay, at least 1 (producers).
  /// Each costs a thread, a process or a coroutine, and no connection.
  unsigned producers = 2;

  /// Items per batch, at least 1 (batches).
  std::size_t batch_size = 8;

  /// Workers of the processing stage (pipeline): the cores the run may use.
  unsigned cores = 1;

  /// The longest one transfer may take, connecting included.
  std::chrono::milliseconds timeout{30'000};

  /// How often a request is repeated that the server refuses with 429 or 503.
  /// Whoever waits to repeat it keeps its place in the limit.
  unsigned retries = 0;

  /// The first wait before a retry; it doubles with each, and a server that
  /// names one itself (Retry-After) is not asked sooner (common/retry.hpp).
  std::chrono::milliseconds retry_delay{100};

  /// What the waits of one request may add up to. A longer one is not begun:
  /// the request fails at once.
  std::chrono::milliseconds retry_max_time{30'000};

  /// Seed of the jitter of those waits.
  std::uint64_t seed = 1;

  /// The longest body accepted, in bytes; a longer one fails, too_large.
  std::size_t max_body = std::size_t{256} << 20;

  /// What makes the requests. Tells the cost of a model from that of its HTTP
  /// library.
  Transport transport = Transport::curl;

  /// Certificates that https servers are checked against (common/trust.hpp),
  /// made before any fork. nullptr: libcurl finds some, for each connection
  /// anew, which may cost 30 ms of CPU.
  std::shared_ptr<const Trust> trust;

  /// Whether `file:` urls are read. Off, they fail, scheme_denied: a list of
  /// urls from somebody else must not read what is on this machine.
  bool allow_files = false;

  /// Whether async may read files through io_uring, where the kernel lets it
  /// (async/files.hpp); else threads of a pool read them. Nobody else heeds it.
  bool io_uring = true;

  /// How much longer than it has to take a worker process may hold an item, or
  /// stay when it has nothing left to do; then it is killed (processes).
  std::chrono::milliseconds grace{10'000};

  OnError on_error = OnError::collect;

  /// Whether async notes how late its event loop is (async/lag.hpp), at the
  /// price of 2000 wake-ups a second. Nobody else heeds it.
  bool watch_lag = false;

  /// Receives each change of a limit that moves; nullptr where nobody asks. It
  /// is written by the process and under the lock that the limit belongs to.
  LimitLog* limit_log = nullptr;

  /// Shared with the harness; nullptr where nobody watches.
  RunControl* control = nullptr;
};

}  // namespace interleave
