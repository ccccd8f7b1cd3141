#include "bench/interrupt.hpp"

#include <csignal>

namespace interleave {

namespace {

volatile std::sig_atomic_t noted = 0;

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int number) {
    if (noted != 0) {  // the second one ends the program, whichever it is
      std::signal(number, SIG_DFL);
      std::raise(number);
    }
    noted = number;
  };
  action.sa_flags = SA_NODEFER;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int interrupted_by() {
  return noted;
}

}  // namespace interleave
