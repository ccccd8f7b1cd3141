// How a process ended, in words.
#pragma once

#include <string>

namespace interleave {

/// `SIGKILL`; real-time signals have no name, so `signal 34`.
std::string signal_name(int signal);

/// What waitpid said: `was ended by SIGKILL`, `exited with status 3`.
std::string how_it_ended(int wait_status);

}  // namespace interleave
