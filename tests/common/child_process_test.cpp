#include "common/child_process.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/wait.h>

#include <array>
#include <csignal>
#include <cstdarg>
#include <stdexcept>
#include <string>

namespace {

pid_t parent_to_outlive = 0;

}  // namespace

/// The program's own prctl: holds a child back, where a test wants that, until
/// its parent is gone. Nothing else makes that moment certain.
extern "C" int prctl(int option, ...) {
  va_list arguments;
  va_start(arguments, option);
  const auto value = va_arg(arguments, unsigned long);
  va_end(arguments);
  if (option == PR_SET_PDEATHSIG)
    while (getppid() == parent_to_outlive) usleep(100);
  using Real =
      int (*)(int, unsigned long, unsigned long, unsigned long, unsigned long);
  static const auto real = reinterpret_cast<Real>(dlsym(RTLD_NEXT, "prctl"));
  return real(option, value, 0, 0, 0);
}

namespace interleave {

namespace {

/// What a child and its children write, until all of them have ended.
class Pipe {
 public:
  Pipe() {
    if (pipe2(ends_.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe");
  }
  ~Pipe() {
    for (const int end : ends_) close(end);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void say(char word) const {
    if (write(ends_[1], &word, 1) != 1) _exit(9);
  }
  char hear() const {
    char word = '-';
    return read(ends_[0], &word, 1) == 1 ? word : '-';
  }
  std::string hear_until_all_have_ended() {
    close(ends_[1]);
    ends_[1] = -1;
    std::string all;
    char word = 0;
    while (read(ends_[0], &word, 1) == 1) all += word;
    return all;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

TEST(ChildProcess, RunsAndLeavesWithStatusZero) {
  Pipe pipe;
  const pid_t child = fork_child([&] { pipe.say('x'); });
  EXPECT_EQ(pipe.hear_until_all_have_ended(), "x");
  EXPECT_EQ(reap(child), 0);
}

TEST(ChildProcess, EndsWithItsParent) {
  Pipe pipe;
  const pid_t parent = fork_child([&] {
    fork_child([&] {
      pipe.say('c');
      pause();
    });
    pause();
  });
  EXPECT_EQ(pipe.hear(), 'c');
  kill(parent, SIGKILL);
  EXPECT_EQ(pipe.hear_until_all_have_ended(), "");
  EXPECT_EQ(WTERMSIG(reap(parent)), SIGKILL);
}

TEST(ChildProcess, EndsAtOnceWhenItsParentDiedBeforeTheKernelWasAsked) {
  Pipe pipe;
  const pid_t parent = fork_child([&] {
    parent_to_outlive = getpid();
    fork_child([&] { pipe.say('!'); });
  });
  EXPECT_EQ(reap(parent), 0);
  EXPECT_EQ(pipe.hear_until_all_have_ended(), "");
}

TEST(ChildProcess, DoesNotGoOnAsItsParentAfterAnException) {
  Pipe pipe;
  const auto leave_by_exception = [&](auto exception) {
    pid_t child = -1;
    try {
      child = fork_child([&] { throw exception; });
    } catch (...) {
      pipe.say('!');
      _exit(3);
    }
    return reap(child);
  };
  EXPECT_EQ(WEXITSTATUS(leave_by_exception(std::runtime_error("it"))), 1);
  EXPECT_EQ(WEXITSTATUS(leave_by_exception(5)), 1);
  EXPECT_EQ(pipe.hear_until_all_have_ended(), "");
}

TEST(ChildProcess, IsWaitedForThroughSignals) {
  struct sigaction action{};
  action.sa_handler = [](int) {};  // without SA_RESTART
  struct sigaction before{};
  sigaction(SIGALRM, &action, &before);
  const itimerval often{{0, 1000}, {0, 1000}}, never{};
  setitimer(ITIMER_REAL, &often, nullptr);
  const pid_t child = fork_child([] {
    usleep(50'000);
    _exit(7);
  });
  const int status = reap(child);
  setitimer(ITIMER_REAL, &never, nullptr);
  sigaction(SIGALRM, &before, nullptr);
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

TEST(ChildProcess, ReapingNobodyEnds) {
  EXPECT_EQ(reap(getpid()), 0);
}

}  // namespace
}  // namespace interleave
