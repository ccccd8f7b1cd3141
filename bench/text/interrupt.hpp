// Ctrl-C and SIGTERM: asked for, not obeyed at once.
#pragma once

#include <sys/types.h>

#include <string>

namespace interleave {

/// From here on the first SIGINT or SIGTERM is only noted, so that a run can
/// end in order; the second one ends the program at once. So does a SIGHUP,
/// unless it is ignored.
void catch_interrupts();

/// As long as it lives, a signal that ends the program at once (the second one,
/// or the end of the terminal) removes `path` first: a file, or a folder that
/// is empty once what was named later is gone. Removes nothing itself.
///
/// Thread safety: one thread, that of main().
class Leftover {
 public:
  explicit Leftover(std::string path);
  ~Leftover();
  Leftover(const Leftover&) = delete;
  Leftover& operator=(const Leftover&) = delete;

  /// Removes all there are; may be called in a signal handler.
  static void remove_all() noexcept;

 private:
  std::string path_;
  pid_t owner_;  // a child has nothing to remove
  Leftover* older_;
};

/// 0, SIGINT or SIGTERM: what has been noted.
int interrupted_by();

/// Whether a line is being drawn on the terminal `descriptor`: the second
/// signal clears it before it ends the program. -1: none is.
void clear_at_the_end(int descriptor);

}  // namespace interleave
