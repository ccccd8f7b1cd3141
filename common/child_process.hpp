// Forked children: they end with their parent and never run its code.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>
#include <unistd.h>

namespace interleave {

/// Asks the kernel to kill this process with SIGKILL when the thread that
/// forked it ends, and leaves with _exit(1) when `parent` is gone already: the
/// kernel only reports what happens from now on.
void die_with_parent(pid_t parent) noexcept;

/// Ends a forked child with _exit, so that neither its parent's destructors nor
/// its parent's buffered output run twice.
[[noreturn]] void leave(int status) noexcept;

/// Forks a child that dies with its parent and runs `body` there. It leaves
/// with 0 after `body`, with 1 when an exception left it. Returns what fork()
/// does in the parent: the id of the child, or -1 with errno. The caller must
/// be the only thread of its process, and outlive the child.
template <class Body>
pid_t fork_child(Body&& body) {
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child != 0) return child;
  die_with_parent(parent);
  try {
    body();
  } catch (...) {  // unwinding further, it would go on as its parent
    leave(1);
  }
  leave(0);
}

/// Waits until `child` has ended, and reaps it: its wait status, or 0 when
/// there is no such child. Interrupted by a signal, waits on. `usage` receives
/// what it cost, where given.
int reap(pid_t child, rusage* usage = nullptr) noexcept;

}  // namespace interleave
