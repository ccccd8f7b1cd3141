// Origin process: its end, its addresses, its descriptors.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "bench/origin/content.hpp"
#include "bench/origin/server.hpp"
#include "common/run_item.hpp"
#include "common/session.hpp"
#include "tests/bench/origin/origin_client.hpp"
#include "tests/sanitizers.hpp"

namespace interleave::origin {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

/// Tells a value from one process to another.
template <class Value>
class Pipe {
 public:
  Pipe() {
    if (pipe(ends_) != 0) throw std::runtime_error("no pipe");
  }
  ~Pipe() {
    close_writing_end();
    close(ends_[0]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void write(const Value& value) {
    if (::write(ends_[1], &value, sizeof value) < 0) _exit(9);
  }
  /// A value of zeros at the end of the file.
  Value read() {
    Value value{};
    pollfd readable{ends_[0], POLLIN, 0};
    if (poll(&readable, 1, 10'000) != 1 ||
        ::read(ends_[0], &value, sizeof value) < 0)
      throw std::runtime_error("nothing to read");
    return value;
  }
  void close_writing_end() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  int ends_[2] = {-1, -1};
};

/// A child process that does not outlive its test, even one that fails.
class Fork {
 public:
  explicit Fork(const std::function<void()>& work) : pid_(fork()) {
    if (pid_ < 0) throw std::runtime_error("cannot fork");
    if (pid_ > 0) return;
    try {
      work();
    } catch (...) {
      _exit(1);
    }
    _exit(0);
  }
  ~Fork() { kill(SIGKILL); }
  Fork(const Fork&) = delete;
  Fork& operator=(const Fork&) = delete;

  /// Sends the signal and returns how the child ended.
  int kill(int signal) {
    if (pid_ > 0) {
      ::kill(pid_, signal);
      waitpid(pid_, &status_, 0);
    }
    pid_ = 0;
    return status_;
  }

 private:
  pid_t pid_;
  int status_ = 0;
};

bool alive(pid_t pid) {
  return kill(pid, 0) == 0;
}

TEST(OriginProcess, EndsWithItsObject) {
  pid_t pid = 0;
  {
    Process origin;
    pid = origin.pid();
    EXPECT_TRUE(alive(pid));
    EXPECT_EQ(origin.exited(), std::nullopt);
    EXPECT_EQ(origin.url("/stats"),
              fmt::format("http://127.0.0.1:{}/stats", origin.port()));
  }
  EXPECT_FALSE(alive(pid));
}

TEST(OriginProcess, DiesWithItsParent) {
  struct Pids {
    pid_t origin = 0, sibling = 0;
  };
  Pipe<Pids> pipe;
  Fork parent([&] {
    const Process origin;
    // It inherits the parent's end of the control channel, so that no end of
    // file tells the origin that it is alone.
    const pid_t sibling = fork();
    if (sibling > 0) pipe.write({origin.pid(), sibling});
    pause();
    _exit(0);
  });
  const Pids pids = pipe.read();
  ASSERT_TRUE(pids.origin > 0 && alive(pids.origin));
  parent.kill(SIGKILL);
  // Somebody else reaps it; where nobody does, a zombie has no program.
  EXPECT_TRUE(eventually([&] {
    char target;
    const std::string program = fmt::format("/proc/{}/exe", pids.origin);
    return !alive(pids.origin) || readlink(program.c_str(), &target, 1) < 0;
  }));
  kill(pids.sibling, SIGKILL);
}

TEST(OriginProcess, SaysHowItEnded) {
  Process origin;
  kill(origin.pid(), SIGKILL);
  EXPECT_TRUE(eventually([&] { return origin.exited().has_value(); }));
  EXPECT_EQ(origin.exited(), "origin exited (SIGKILL)");
  EXPECT_GT(origin.cpu(), 0ns);
  EXPECT_THROW(origin.release(1), std::runtime_error);
}

TEST(OriginProcess, DoesNotHearTheTerminal) {
  Process origin;
  kill(origin.pid(), SIGINT);
  Client client(origin);
  EXPECT_EQ(client.get("/items/1").status, 200);
}

TEST(OriginProcess, DoesNotKeepItsParentsDescriptors) {
  Pipe<char> pipe;
  const Process origin;
  pipe.close_writing_end();
  EXPECT_EQ(pipe.read(), 0);  // nobody holds the other end
}

TEST(OriginProcess, SaysThatAPortIsInUse) {
  Process origin;
  Settings settings;
  settings.port = origin.port();
  EXPECT_EQ(refusal([&] { Process second(settings); }),
            fmt::format("port {} on 127.0.0.1 is in use: choose another or "
                        "--port 0",
                        origin.port()));
  settings.address = "localhost";
  EXPECT_EQ(refusal([&] { Process second(settings); }),
            "'localhost' is not a numeric address: write 127.0.0.1");
  settings.address = "192.0.2.1";
  EXPECT_NE(refusal([&] { Process second(settings); }).find("cannot listen"),
            std::string::npos);
}

TEST(OriginProcess, ListensOnAnotherLoopbackAddress) {
  Settings settings;
  settings.address = "127.0.0.2";
  Process origin(settings);
  EXPECT_THROW(Client client(origin), std::runtime_error);  // on 127.0.0.1
  EXPECT_EQ(origin.url("/").substr(0, 17), "http://127.0.0.2:");
}

TEST(OriginProcess, ListensAtSeveralAddressesOnOnePort) {
  Settings settings;
  settings.addresses = 3;
  Process origin(settings);
  const std::string port = std::to_string(origin.port());
  EXPECT_EQ(origin.url("/"), "http://127.0.0.1:" + port + "/");
  EXPECT_EQ(origin.url("/", 2), "http://127.0.0.3:" + port + "/");
  EXPECT_EQ(origin.url("/", 3), origin.url("/")) << "they come round";
  const Options options;
  Session session(options);
  for (std::size_t nth = 0; nth < 3; ++nth) {
    Item item;
    item.url = origin.url("/items/1?bytes=10", nth);
    EXPECT_EQ(run_item(item, session).status, Status::completed) << nth;
  }
  EXPECT_EQ(origin.counters().connections, 3u);
  Item beyond;
  beyond.url = fmt::format("http://{}:{}/", nth_address("127.0.0.1", 3), port);
  EXPECT_EQ(run_item(beyond, session).error.kind, ErrorKind::refused);
}

TEST(OriginProcess, HasNoSecondAddressThatIsNoIPv4One) {
  EXPECT_EQ(nth_address("::1", 0), "::1");
  EXPECT_EQ(refusal([] { nth_address("::1", 1); }),
            "no address follows ::1: it is not an IPv4 one");
}

struct Listening {
  std::uint16_t port = 0;
  pid_t pid = 0;
};

/// CPU time that another process has used.
std::chrono::nanoseconds cpu_of(pid_t pid) {
  clockid_t clock{};
  timespec now{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &now) != 0)
    throw std::runtime_error("the process is gone");
  return std::chrono::seconds(now.tv_sec) + nanoseconds(now.tv_nsec);
}

TEST(OriginProcess, DoesNotSpinWithoutDescriptors) {
  if (under_asan)
    GTEST_SKIP() << "UBSan needs descriptors of its own to look at objects";
  Pipe<Listening> pipe;
  const Fork parent([&] {  // lowers a limit that could not be raised again
    const rlimit few{40, 40};
    setrlimit(RLIMIT_NOFILE, &few);
    const Process origin;
    pipe.write({origin.port(), origin.pid()});
    pause();
  });
  const auto [port, pid] = pipe.read();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 60; ++i)
    clients.push_back(std::make_unique<Client>(port));
  for (const auto& client : clients) client->ask("GET", "/items/1?bytes=3");

  const nanoseconds before = cpu_of(pid);
  std::this_thread::sleep_for(400ms);
  EXPECT_LT(cpu_of(pid) - before, 200ms);

  // Those that had to stay outside come in as others leave.
  for (const auto& client : clients) {
    EXPECT_EQ(client->receive().body, body_of(1, 1, 3));
    client->leave();
  }
}

TEST(OriginProcess, ServesSixteenThousandAtOnce) {
  constexpr std::size_t many = 16'000;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < many + 100)
    GTEST_SKIP() << "it takes that many descriptors here, and in the origin";
  const rlimit before = limit;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  {
    Process origin;
    std::vector<std::unique_ptr<Client>> clients;
    for (std::size_t i = 0; i < many; ++i) {
      clients.push_back(std::make_unique<Client>(origin));
      clients.back()->ask("GET", "/fault/stall");
    }
    EXPECT_TRUE(eventually([&] { return in_flight(origin) == many; }));
    EXPECT_EQ(origin.counters().peak_open.load(), many);
    EXPECT_EQ(origin.counters().peak_in_flight.load(), many);
    // Somewhat more than the kilobyte that each has to read into.
    if (!under_a_sanitizer) {
      EXPECT_LT(memory_of(origin.pid(), "VmHWM"), 160u * 1024);
    }
    clients.clear();
    EXPECT_TRUE(eventually([&] { return origin.counters().open.load() == 0; }));
  }
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST(OriginServe, RunsUntilItIsTold) {
  for (const int signal : {SIGINT, SIGTERM}) {
    Pipe<std::uint16_t> pipe;
    Fork child([&] {
      serve({}, [&](const std::string& address, std::uint16_t port) {
        pipe.write(address == "127.0.0.1" ? port : std::uint16_t{0});
      });
    });
    const std::uint16_t port = pipe.read();
    Client idle(port), waiting(port);
    EXPECT_EQ(idle.get("/items/1?bytes=3").body, body_of(1, 1, 3));
    waiting.ask("GET", "/items/1?wait=9m");
    std::this_thread::sleep_for(20ms);
    const int status = child.kill(signal);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    EXPECT_TRUE(idle.ended());
    EXPECT_TRUE(waiting.ended());
  }
}

}  // namespace
}  // namespace interleave::origin
