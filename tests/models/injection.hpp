// Failures of the system, injected one at a time: no memory, no thread, no
// descriptor, half of what was to be read.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace interleave::injection {

/// What may fail. Everything of one seam is counted together.
enum class Seam {
  memory,   ///< operator new, Asio's and libcurl's allocations
  thread,   ///< pthread_create
  process,  ///< fork
  open,     ///< whatever returns a new descriptor
  watch,    ///< epoll_ctl
  wait,     ///< epoll_wait, poll
  connect,  ///< connect
  receive,  ///< recv, recvmsg, read
  send,     ///< send, sendmsg, write
  reap,     ///< wait4
};

/// How a call fails, beside an errno.
inline constexpr int in_part = -1;  ///< one byte is read or written

/// A seam and a way in which it fails.
struct Failure {
  std::string_view name;  ///< `open_EMFILE`
  Seam seam;
  int error;           ///< an errno, or in_part
  bool stays = false;  ///< and so does every later call
};
std::span<const Failure> all_failures();

/// Calls and allocations of this process and those it forks are counted from
/// now on, and the `nth`, from 1, fails as `failure` says. Memory may be
/// allocated meanwhile only by what is under test.
///
/// Thread safety: one thread arms; any thread may fail.
void arm(const Failure& failure, std::uint64_t nth);
void disarm();

/// Whether a failure was injected since the last arm(), in any process.
bool has_struck();

/// Whether it struck at `seam`, and below a function, or in a library, whose
/// name has `part` in it, with no function of ours in between: what we do when
/// a library calls us is ours.
bool struck_in(Seam seam, std::string_view part);

/// Where, as return addresses within the program and its libraries: what
/// addr2line wants. Empty when nothing was.
std::string where_it_struck();

/// Before all the others, and before anything uses libcurl, which is to
/// allocate through the seam. Throws std::runtime_error.
void set_up();

}  // namespace interleave::injection
