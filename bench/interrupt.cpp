#include "bench/interrupt.hpp"

#include <csignal>

namespace interleave {

namespace {

volatile std::sig_atomic_t noted = 0;

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int signal) { noted = signal; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);  // the second one kills
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

int interrupted_by() {
  return noted;
}

}  // namespace interleave
