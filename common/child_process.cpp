#include "common/child_process.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>

namespace interleave {

void die_with_parent(pid_t parent) noexcept {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // it died before the line above
}

int reap(pid_t child, rusage* usage) noexcept {
  int status = 0;
  while (wait4(child, &status, 0, usage) < 0)
    if (errno != EINTR) return 0;
  return status;
}

}  // namespace interleave
