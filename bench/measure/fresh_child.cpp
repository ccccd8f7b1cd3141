#include "bench/measure/fresh_child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "common/child_process.hpp"

namespace interleave {

namespace {

[[noreturn]] void refuse(const char* what, int error) {
  throw InfrastructureError(
      fmt::format("cannot start a run: {}: {}", what, std::strerror(error)));
}

}  // namespace

FreshChild::FreshChild(const std::function<void(int)>& body) {
  // What earlier runs left free here is not in the memory of this one.
  malloc_trim(0);
  std::array<int, 2> ends;
  if (pipe2(ends.data(), O_CLOEXEC) != 0) refuse("pipe", errno);
  pid_ = fork_child([&] {
    close(ends[0]);
    std::signal(SIGINT, SIG_IGN);
    std::signal(SIGTERM, SIG_IGN);
    std::signal(SIGPIPE, SIG_IGN);
    body(ends[1]);
  });
  const int error = errno;
  close(ends[1]);
  report_ = ends[0];
  if (pid_ >= 0) return;
  close(report_);
  refuse("fork", error);
}

FreshChild::~FreshChild() {
  kill();
  wait();
  close(report_);
}

int FreshChild::wait() {
  if (waited_for_) return 0;
  waited_for_ = true;
  return reap(pid_);
}

void FreshChild::kill() {
  if (!waited_for_) ::kill(pid_, SIGKILL);
}

}  // namespace interleave
