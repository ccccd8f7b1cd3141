#include "common/result.hpp"

#include <pthread.h>
#include <unistd.h>

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
  switch (kind) {
    case ErrorKind::none:
      return "none";
    case ErrorKind::refused:
      return "refused";
    case ErrorKind::reset:
      return "reset";
    case ErrorKind::closed:
      return "closed";
    case ErrorKind::truncated:
      return "truncated";
    case ErrorKind::integrity:
      return "integrity";
    case ErrorKind::protocol:
      return "protocol";
    case ErrorKind::timeout:
      return "timeout";
    case ErrorKind::too_large:
      return "too_large";
    case ErrorKind::http:
      return "http";
    case ErrorKind::redirect_loop:
      return "redirect_loop";
    case ErrorKind::scheme_denied:
      return "scheme_denied";
    case ErrorKind::dns:
      return "dns";
    case ErrorKind::descriptors:
      return "descriptors";
    case ErrorKind::thrown:
      return "thrown";
    case ErrorKind::worker:
      return "worker";
    case ErrorKind::other:
      return "other";
  }
  return "unknown";
}

}  // namespace interleave
