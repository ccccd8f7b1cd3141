// The verbs of the command line, each in a file of its own.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "bench/text/exit_status.hpp"

namespace interleave {

/// What follows the verb on the command line.
using Arguments = std::span<const std::string>;

// Each returns the exit status of the program. They throw
// std::invalid_argument on bad usage, InputError, InfrastructureError and
// OutputError; main() turns these into words and a status.

int compare_verb(Arguments arguments);
int diff_verb(Arguments arguments);
int scale_verb(Arguments arguments);
int sweep_verb(Arguments arguments);
int run_verb(Arguments arguments);
int list_verb(Arguments arguments);
int serve_verb(Arguments arguments);
int docs_verb(Arguments arguments);
int doctor_verb(Arguments arguments);
int faults_verb(Arguments arguments);
int reproduce_verb(Arguments arguments);
int manual_verb(Arguments arguments);

struct Verb {
  std::string_view name;
  std::string_view summary;
  int (*run)(Arguments);
};

/// All of them, in the order in which help names them.
std::span<const Verb> verbs();

}  // namespace interleave
