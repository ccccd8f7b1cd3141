#include "bench/origin/process.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <ctime>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <thread>

#include "bench/origin/server.hpp"
#include "common/child_process.hpp"
#include "common/exit_status.hpp"

namespace interleave::origin {

namespace {

namespace asio = boost::asio;

// The control channel keeps message boundaries. From the child comes one text,
// a letter and the rest; to the child go the ids to release.
constexpr char listening = 'L';  // and the ports
constexpr char refused = 'E';    // and why

[[noreturn]] void fail(const char* what) {
  throw std::system_error(errno, std::generic_category(), what);
}

/// Listens to the parent. Its silence is as telling: an end of file means that
/// nobody needs this origin any more.
class RunControl {
 public:
  RunControl(asio::io_context& context, int descriptor, Server& server)
      : server_(server), channel_(context.get_executor(), descriptor) {
    read();
  }

 private:
  void read() {
    channel_.async_read_some(
        asio::buffer(&id_, sizeof id_),
        [this](const boost::system::error_code& error, std::size_t bytes) {
          if (error || bytes != sizeof id_) return server_.stop();
          server_.release(id_);
          read();
        });
  }

  Server& server_;
  asio::posix::basic_stream_descriptor<Executor> channel_;
  std::uint64_t id_ = 0;
};

/// Makes a fresh process of a fork: nothing of the parent's is left but the
/// standard streams, the shared memory and the control channel.
int become_child(int control) {
  for (int signal = 1; signal < NSIG; ++signal) std::signal(signal, SIG_DFL);
  // Ctrl-C and `timeout` reach the whole group; the parent says when this one
  // ends.
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGTERM, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);

  constexpr int kept = STDERR_FILENO + 1;
  if (control != kept && dup2(control, kept) < 0) _exit(1);
  close_range(kept + 1, ~0u, 0);
  return kept;
}

void tell_parent(int control, char kind, const std::string& text) {
  const std::string message = kind + text;
  while (send(control, message.data(), message.size(), MSG_NOSIGNAL) < 0 &&
         errno == EINTR) {
  }
}

void run_child(int control, const Settings& settings, Counters& counters,
               Gate& gate) {
  try {
    asio::io_context context(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE);
    Server server(context, settings, counters, settings.gate ? &gate : nullptr);
    RunControl parent(context, control, server);
    tell_parent(control, listening,
                fmt::format("{} {}", server.port(), server.refused_port()));
    context.run();
  } catch (const std::exception& error) {
    tell_parent(control, refused, error.what());
    throw;
  }
}

}  // namespace

Process::Process(const Settings& settings)
    : address_(settings.address),
      addresses_(settings.addresses),
      creator_(getpid()) {
  try {
    start(settings);
    hear_from_child();
  } catch (...) {
    stop();
    throw;
  }
}

Process::~Process() {
  stop();
}

void Process::start(const Settings& settings) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0)
    fail("no channel to the origin");
  control_ = ends[0];
  pid_ = fork_child([&] {
    run_child(become_child(ends[1]), settings, shared_->counters,
              shared_->gate);
  });
  const int error = errno;
  close(ends[1]);
  errno = error;
  if (pid_ < 0) fail("cannot fork the origin");
}

void Process::hear_from_child() {
  std::array<char, 1024> message;
  ssize_t size = 0;
  do {
    size = recv(control_, message.data(), message.size(), 0);
  } while (size < 0 && errno == EINTR);
  if (size <= 0)
    throw std::runtime_error("the origin ended before it could listen");

  const std::string_view text(message.data() + 1,
                              static_cast<std::size_t>(size - 1));
  if (message[0] != listening) throw std::runtime_error(std::string(text));
  const char* const end = text.data() + text.size();
  const char* const blank = std::from_chars(text.data(), end, port_).ptr;
  std::from_chars(blank + 1, end, refused_port_);
}

void Process::stop() noexcept {
  // A fork of the creator has these members, too, but not this child.
  if (getpid() == creator_ && pid_ > 0 && !reaped_) {
    kill(pid_, SIGKILL);  // it has nothing to save
    reap(0);
  }
  if (control_ >= 0) close(control_);
}

/// Takes the exit status; false while the child lives (with WNOHANG).
bool Process::reap(int options) {
  rusage usage{};
  pid_t pid = 0;
  do {
    pid = wait4(pid_, &exit_status_, options, &usage);
  } while (pid < 0 && errno == EINTR);
  if (pid == 0) return false;
  reaped_ = true;
  if (pid < 0) exit_status_ = 0;  // somebody else has waited for it
  const auto duration = [](const timeval& time) {
    return std::chrono::seconds(time.tv_sec) +
           std::chrono::microseconds(time.tv_usec);
  };
  if (pid > 0) cpu_ = duration(usage.ru_utime) + duration(usage.ru_stime);
  return true;
}

std::string Process::url(std::string_view path, std::size_t nth) const {
  const auto at = static_cast<unsigned>(nth % addresses_);
  return base_url(nth_address(address_, at), port_).append(path);
}

std::string Process::refused_url() const {
  return base_url(address_, refused_port_) + "/";
}

std::chrono::nanoseconds Process::cpu() const {
  clockid_t clock{};
  timespec now{};
  if (!reaped_ && clock_getcpuclockid(pid_, &clock) == 0 &&
      clock_gettime(clock, &now) == 0)
    cpu_ = std::chrono::seconds(now.tv_sec) +
           std::chrono::nanoseconds(now.tv_nsec);
  return cpu_;
}

std::uint64_t Process::held() const {
  return shared_->gate.held.load(std::memory_order_acquire);
}

bool Process::wait_until_held(std::uint64_t ids,
                              std::chrono::milliseconds timeout) const {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while ((held() & ids) != ids) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  return true;
}

void Process::release(std::uint64_t id) {
  while (send(control_, &id, sizeof id, MSG_NOSIGNAL) < 0)
    if (errno != EINTR) throw std::runtime_error("the origin is gone");
}

std::optional<std::string> Process::exited() {
  if (!reaped_ && !reap(WNOHANG)) return std::nullopt;
  if (WIFSIGNALED(exit_status_))
    return fmt::format("origin exited ({})",
                       signal_name(WTERMSIG(exit_status_)));
  return fmt::format("origin exited (status {})", WEXITSTATUS(exit_status_));
}

}  // namespace interleave::origin
