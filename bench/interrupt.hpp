// Ctrl-C and SIGTERM: asked for, not obeyed at once.
#pragma once

namespace interleave {

/// From here on the first SIGINT or SIGTERM is only noted, so that a run can
/// end in order; the second one ends the program at once.
void catch_interrupts();

/// 0, SIGINT or SIGTERM: what has been noted.
int interrupted_by();

/// Whether a line is being drawn on the terminal `descriptor`: the second
/// signal clears it before it ends the program. -1: none is.
void clear_at_the_end(int descriptor);

}  // namespace interleave
