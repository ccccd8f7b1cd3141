// The capacity of a server: its settings, and what becomes of requests.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace interleave {

/// How many of a run's replies: a share of them, or a number.
struct Portion {
  double amount = 0;
  bool is_share = false;  ///< `amount` is from 0 to 1

  /// Of a run that asks for `replies`.
  std::uint64_t of(std::uint64_t replies) const;
  bool operator==(const Portion&) const = default;
};

/// What a server can do. As it comes, it is unlimited.
struct Capacity {
  /// Requests in service at once; 0: any number. The others wait, first in,
  /// first out.
  unsigned slots = 0;
  /// So many may wait for a slot, and what comes beyond them is refused with
  /// 503; nullopt: any number.
  std::optional<unsigned> backlog{};

  /// Requests in service that do not slow each other down; 0: any number.
  /// With n > knee in service, each advances at a speed of (knee / n) to the
  /// power of `exponent`: above 1, more in service means less served.
  unsigned knee = 0;
  double exponent = 2;

  /// Requests a second; 0: any number. A bucket holds up to `burst` tokens,
  /// full at first, and gets `rate` of them a second; a request takes one, and
  /// what finds none is refused with 429. A refusal costs no token.
  double rate = 0;
  unsigned burst = 1;
  /// What a refusal says to wait. Zero: with 429 the time to the next token,
  /// with 503 nothing.
  std::chrono::nanoseconds retry_after{};

  /// Bytes a second, evenly shared by the replies on their way, and the most
  /// that one of them gets; 0: any number. A reply is sent after its service
  /// time, in its slot.
  double bandwidth = 0;
  double connection_bandwidth = 0;

  /// The first replies take longer: service times begin at `factor` times
  /// their own, and fall evenly to it over `replies`.
  struct Cold {
    Portion replies{};
    double factor = 1;
    bool operator==(const Cold&) const = default;
  } cold{};

  /// With more than `above` requests in service or waiting, all are served at
  /// `speed` for `time` after the last that came; 0: never.
  struct Collapse {
    unsigned above = 0;
    double speed = 1;
    std::chrono::nanoseconds time{};
    bool operator==(const Collapse&) const = default;
  } collapse{};

  /// The share of requests refused with 503 for no reason of theirs, from 0 to
  /// 1: which, by the order of arrival, `seed` says.
  double refused_share = 0;
  std::uint64_t seed = 1;

  /// From the reply after so many on, other values; what has none stays.
  /// `slower` is a factor of all service times that begin.
  struct Step {
    Portion after{};
    std::optional<unsigned> slots{}, knee{};
    std::optional<double> rate{}, bandwidth{}, slower{};
    bool operator==(const Step&) const = default;
  };
  std::optional<Step> then{};

  /// Whether anything is limited: else every request is served at once.
  bool limited() const { return *this != Capacity{.seed = seed}; }
  bool operator==(const Capacity&) const = default;
};

/// A capacity with a name.
struct ServerProfile {
  std::string_view name;
  Capacity capacity;
};

/// The profiles, in the order they are listed.
std::span<const ServerProfile> server_profiles();

/// Throws std::invalid_argument for an unknown name, with the nearest one.
const ServerProfile& server_profile(std::string_view name);

/// A server with a capacity in virtual time: arrivals in, refusals and complete
/// replies out. It has no clock, no input and no output, so the origin drives
/// it by the clock, and a simulation by its own time.
///
/// Moments count from any one that is the same for all. They do not go back: an
/// earlier one counts as the latest that was given. What happens between two
/// calls happens at its own moment, to the nanosecond, however late the second
/// call is; what ends at a moment makes room for what arrives at it.
///
/// Thread safety: one thread at a time.
/// Invariants: the same calls have the same answers. While one waits, all slots
/// are taken; there are never more in service than there are slots, but after
/// a step that took slots away.
class CapacityMachine {
 public:
  using Time = std::chrono::nanoseconds;

  /// `replies`: how many the run asks for, which shares are shares of.
  explicit CapacityMachine(const Capacity& capacity, std::uint64_t replies = 0);

  struct Answer {
    int status = 0;      ///< 0: accepted; 429; 503
    Time retry_after{};  ///< zero: nothing is said of it
  };

  /// A request that takes `service` on a quiet server, and `bytes` to send.
  /// `ticket` is of none that is in service, waiting or not yet taken by
  /// depart().
  Answer arrive(Time now, std::uint64_t ticket, Time service,
                std::uint64_t bytes);

  /// No reply is complete before this; look again then, for it may not be
  /// either. Nothing while there is no request.
  std::optional<Time> next() const;

  /// Takes a reply that is complete by `now`, in the order of completion; of
  /// those complete at the same moment, the lowest ticket first.
  std::optional<std::uint64_t> depart(Time now);

  /// Its client has gone, or never cared: the request takes no more of the
  /// server. Does nothing if it has departed.
  void leave(Time now, std::uint64_t ticket);

  std::size_t in_service() const { return working_.size() + sending_.size(); }
  std::size_t queued() const { return queue_.size(); }

  /// Since the beginning.
  struct Counts {
    std::uint64_t arrived = 0, refused_429 = 0, refused_503 = 0;
    std::uint64_t served = 0;  ///< replies that are complete
    std::uint64_t waited = 0;  ///< requests that had to wait for a slot
    std::uint64_t most_in_service = 0, most_queued = 0;
    Time wait{};     ///< of all for a slot, up to the latest moment given
    Time service{};  ///< of all in service, sending included, up to then
  };
  const Counts& counts() const { return counts_; }

 private:
  enum class Phase : std::uint8_t { queued, working, sending };
  struct Request {
    Phase phase = Phase::queued;
    Time service{};
    std::uint64_t bytes = 0;
    double end = 0;  // by the clock of its phase
  };
  using Ends = std::set<std::pair<double, std::uint64_t>>;

  void advance(Time now);
  void move_to(Time now);
  std::optional<Time> next_event() const;
  void count(const Answer& answer);
  Answer refusal() const;
  bool full() const;
  double factor() const;
  double speed() const;
  double share() const;
  void begin(std::uint64_t ticket);
  void send(std::uint64_t ticket);
  void complete(std::uint64_t ticket);
  void fill_slots();
  void change();

  Capacity capacity_;  // as it is now
  std::uint64_t cold_replies_, change_after_;
  double slower_ = 1;
  Time now_ = Time::min();
  Time collapsed_until_ = Time::min();

  // The bucket, as the moment at which it is full again if nothing comes: in
  // whole nanoseconds, so that it is exact.
  Time token_time_{};
  Time full_at_ = Time::min();

  // Processor sharing: what a request advances in a phase is the same for all
  // that are in it. So each phase has a clock of its own, in nanoseconds of
  // service and in bytes, which runs at the speed of now.
  double worked_ = 0, sent_ = 0;
  Ends working_, sending_;
  std::deque<std::uint64_t> queue_, complete_;
  std::unordered_map<std::uint64_t, Request> requests_;  // but complete ones
  Counts counts_;
};

}  // namespace interleave
