#include "bench/text/interrupt.hpp"

#include <unistd.h>

#include <csignal>
#include <string_view>
#include <utility>

namespace interleave {

namespace {

volatile std::sig_atomic_t noted = 0;
volatile std::sig_atomic_t drawn_on = -1;
Leftover* volatile newest = nullptr;

/// Everything in here may be called in a signal handler.
void end_at_once(int number) {
  constexpr std::string_view clear_line = "\r\x1b[K";
  if (drawn_on >= 0 &&
      write(drawn_on, clear_line.data(), clear_line.size()) < 0) {
    // Nobody is left to tell.
  }
  Leftover::remove_all();
  std::signal(number, SIG_DFL);
  std::raise(number);
}

}  // namespace

void catch_interrupts() {
  struct sigaction action{};
  action.sa_handler = [](int number) {
    if (noted != 0) end_at_once(number);  // the second one, whichever it is
    noted = number;
  };
  action.sa_flags = SA_NODEFER;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  struct sigaction hang_up{};
  sigaction(SIGHUP, nullptr, &hang_up);
  if (hang_up.sa_handler == SIG_DFL) {  // not with nohup
    action.sa_handler = end_at_once;
    sigaction(SIGHUP, &action, nullptr);
  }
}

Leftover::Leftover(std::string path)
    : path_(std::move(path)), owner_(getpid()), older_(newest) {
  newest = this;
}

Leftover::~Leftover() {
  if (newest == this) {
    newest = older_;
    return;
  }
  for (Leftover* at = newest; at; at = at->older_)
    if (at->older_ == this) at->older_ = older_;
}

void Leftover::remove_all() noexcept {
  for (const Leftover* at = newest; at; at = at->older_)
    if (at->owner_ == getpid() && unlink(at->path_.c_str()) != 0)
      rmdir(at->path_.c_str());
}

int interrupted_by() {
  return noted;
}

void clear_at_the_end(int descriptor) {
  drawn_on = descriptor;
}

}  // namespace interleave
