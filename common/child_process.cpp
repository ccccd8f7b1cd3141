#include "common/child_process.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>

#ifdef INTERLEAVE_COVERAGE
extern "C" void __gcov_dump();
#endif

namespace interleave {

void die_with_parent(pid_t parent) noexcept {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);  // it died before the line above
}

void leave(int status) noexcept {
#ifdef INTERLEAVE_COVERAGE
  __gcov_dump();  // _exit() does not
#endif
  _exit(status);
}

int reap(pid_t child, rusage* usage) noexcept {
  int status = 0;
  while (wait4(child, &status, 0, usage) < 0)
    if (errno != EINTR) return 0;
  return status;
}

}  // namespace interleave
