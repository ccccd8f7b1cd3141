#include "common/result.hpp"

#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace interleave {

namespace {

thread_local Lane cached_lane;

[[maybe_unused]] const int forget_lane_after_fork =
    pthread_atfork(nullptr, nullptr, [] { cached_lane = {}; });

}  // namespace

Lane this_lane() {
  if (cached_lane.thread == 0) cached_lane = {getpid(), gettid()};
  return cached_lane;
}

std::string_view to_string(Status status) {
  switch (status) {
    case Status::not_run:
      return "not_run";
    case Status::completed:
      return "completed";
    case Status::failed:
      return "failed";
    case Status::skipped:
      return "skipped";
    case Status::lost:
      return "lost";
  }
  return "unknown";
}

std::string_view to_string(ErrorKind kind) {
  // In the order of the enumeration.
  static constexpr std::array<std::string_view, 20> names{
      "none",          "refused",       "reset",   "closed",      "truncated",
      "integrity",     "protocol",      "timeout", "too_large",   "http",
      "redirect_loop", "scheme_denied", "dns",     "certificate", "descriptors",
      "thrown",        "worker",        "file",    "cancelled",   "other"};
  static_assert(names.size() == static_cast<std::size_t>(ErrorKind::other) + 1);
  const auto at = static_cast<std::size_t>(kind);
  return at < names.size() ? names[at] : "unknown";
}

std::string to_string(const Error& error) {
  std::string kind(to_string(error.kind));
  if (error.text.empty()) return kind;
  const bool said = error.text.starts_with(kind) &&
                    (error.text.size() == kind.size() ||
                     std::ispunct(error.text[kind.size()]) != 0 ||
                     error.text[kind.size()] == ' ');
  return said ? error.text : kind + ": " + error.text;
}

Clock::time_point Result::sent() const {
  Clock::time_point last = started;
  for (const Attempt& attempt : attempts.all())
    if (attempt.request == Request::download) last = attempt.sent;
  return last;
}

std::size_t Result::refusals() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(attempts.all(), &Attempt::refused));
}

std::size_t Result::retries() const {
  const std::span<const Attempt> all = attempts.all();
  std::size_t count = 0;
  for (std::size_t i = 1; i < all.size(); ++i)
    count += all[i].request == all[i - 1].request ? 1 : 0;
  return count;
}

bool Result::gave_up() const {
  return error.kind == ErrorKind::http && !attempts.empty() &&
         attempts.all().back().refused();
}

}  // namespace interleave
