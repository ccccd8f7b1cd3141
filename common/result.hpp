// What became of an item.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/item.hpp"

namespace interleave {

/// not_run is zero on purpose: a result nobody wrote shows as a dropped item.
enum class Status : std::uint8_t { not_run, completed, failed, skipped, lost };

/// What kind of failure it was; `Error::text` says the rest.
enum class ErrorKind : std::uint8_t {
  none,
  refused,        ///< nobody listens there
  reset,          ///< the connection was reset or could not be sent on
  closed,         ///< closed before the reply
  truncated,      ///< fewer bytes came than were announced or expected
  integrity,      ///< the right length, or none known, but other bytes
  protocol,       ///< the reply is not HTTP, or not well-formed
  timeout,        ///< longer than Options::timeout
  too_large,      ///< longer than Options::max_body
  http,           ///< a status of 400 or more
  redirect_loop,  ///< too many redirects
  scheme_denied,  ///< no scheme that is allowed, at first or after a redirect
  dns,            ///< the host name is not known
  certificate,    ///< the server's is not trusted, expired, or of another host
  descriptors,    ///< no file descriptor, buffer or port was left
  thrown,         ///< an exception was thrown on the way
  worker,         ///< the process that held the item ended early
  file,           ///< not there, not readable, or no regular file
  cancelled,      ///< under way when the run was aborted
  other,          ///< anything else libcurl reports
};

std::string_view to_string(Status status);
std::string_view to_string(ErrorKind kind);

struct Error {
  ErrorKind kind = ErrorKind::none;
  std::string text;

  bool operator==(const Error&) const = default;
};

/// `dns: Could not resolve host`: the kind, then the text. The text alone where
/// it begins with the kind, as in `http 404`.
std::string to_string(const Error& error);

/// Who did it: a process and one of its threads, by their kernel ids.
struct Lane {
  pid_t process = 0;
  pid_t thread = 0;

  auto operator<=>(const Lane&) const = default;
};

/// The calling thread's lane. Cached per thread; a fork forgets the cache.
Lane this_lane();

/// Which of an item's two requests an attempt made.
enum class Request : std::uint8_t { download, follow_up };

/// One attempt at a request.
///
/// Invariants: sent <= ended <= the next attempt's `sent`, which is at least
/// `retry_after` later where both belong to one request.
struct Attempt {
  Clock::time_point sent;
  Clock::time_point ended;
  Clock::duration retry_after{};  ///< what the refusal asked for; zero if none
  std::uint16_t status = 0;       ///< 429 or 503; 0 if it was not refused
  Request request = Request::download;

  bool refused() const { return status != 0; }
  bool operator==(const Attempt&) const = default;
};

/// AttemptList of one item, in the order they were made. Most items need one,
/// and millions of results may wait at once: empty, it is as wide as a pointer.
class AttemptList {
 public:
  AttemptList() = default;
  AttemptList(const AttemptList& other) { *this = other; }
  AttemptList(AttemptList&&) noexcept = default;
  ~AttemptList() = default;
  AttemptList& operator=(const AttemptList& other) {
    made_ = other.made_ ? std::make_unique<List>(*other.made_) : nullptr;
    return *this;
  }
  AttemptList& operator=(AttemptList&&) noexcept = default;

  void add(const Attempt& attempt) {
    if (!made_) made_ = std::make_unique<List>();
    made_->push_back(attempt);
  }

  bool empty() const { return !made_; }
  std::span<const Attempt> all() const {
    return made_ ? std::span<const Attempt>(*made_)
                 : std::span<const Attempt>();
  }
  /// The last one, to be stamped; there must be one.
  Attempt& last() { return made_->back(); }

 private:
  using List = std::vector<Attempt>;
  std::unique_ptr<List> made_;  // empty only before the first add()
};

/// One outcome, with its own stamps and lanes. Each worker writes only the
/// slot of the item it holds.
///
/// Invariants of a completed result: queued <= started <= downloaded <=
/// processing <= finished. A skipped one has no stamps but `queued`. All
/// attempts lie between `started` and `finished`, downloads before
/// `downloaded`.
struct Result {
  Status status = Status::not_run;
  Error error;

  Clock::time_point queued;      ///< the pattern took the item up
  Clock::time_point started;     ///< its download began
  Clock::time_point downloaded;  ///< its last byte was there (or it failed)
  Clock::time_point processing;  ///< its processing began
  Clock::time_point finished;    ///< its outcome was known, `then` included
  Lane downloaded_on;
  Lane processed_on;

  std::size_t bytes = 0;     ///< length of the body
  std::uint64_t digest = 0;  ///< digest() of the body
  std::string output;        ///< what processing made of it, if anything

  /// Every attempt, the last one too; empty where the server refused none
  /// (429 or 503). A lost item's are lost with it.
  AttemptList attempts;

  /// When the last attempt at the download was made.
  Clock::time_point sent() const;
  /// AttemptList that were refused.
  std::size_t refusals() const;
  /// AttemptList that repeat a refused one.
  std::size_t retries() const;
  /// Whether it failed because a refused attempt was not repeated.
  bool gave_up() const;
};

/// `results[i]` belongs to `items[i]`, whatever finished first.
using Results = std::vector<Result>;

/// An item between its two halves: the outcome so far, and the body. A result
/// that already failed passes through processing untouched.
struct Download {
  Download() = default;
  explicit Download(Result so_far) : result(std::move(so_far)) {}

  Result result;
  std::string body;
};

/// What a wait without a body brought: completed, or failed with an error.
inline Download without_body(Error error) {
  Download nothing;
  const bool failed = error.kind != ErrorKind::none;
  nothing.result.status = failed ? Status::failed : Status::completed;
  nothing.result.error = std::move(error);
  return nothing;
}

}  // namespace interleave
