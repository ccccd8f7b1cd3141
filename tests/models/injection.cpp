#include "tests/models/injection.hpp"

#include <curl/curl.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>

namespace interleave::injection {

namespace {

/// Shared with forked children: theirs count, and strike, as well.
struct Shared {
  std::atomic<std::uint64_t> calls{0};
  std::atomic<bool> struck{false};
  std::array<void*, 24> where{};
  std::atomic<int> depth{0};
  Seam seam{};
};

struct Armed {
  const Failure* failure = nullptr;
  std::uint64_t nth = 0;
};

Shared* shared = nullptr;
std::atomic<bool> armed{false};  // of this process, and of its forks
Armed plan;

}  // namespace

// Not in the namespace above: the stack tells the frames of these by name.

void note_where() {
  if (shared->struck.exchange(true)) {
    // Whoever fails next may end the process before the first is noted.
    while (shared->depth == 0) sched_yield();
    return;
  }
  shared->seam = plan.failure->seam;
  shared->depth =
      backtrace(shared->where.data(), static_cast<int>(shared->where.size()));
}

/// Counts a call; the failure when this is the one to fail.
const Failure* strikes(Seam seam) {
  if (!armed.load(std::memory_order_relaxed) || plan.failure->seam != seam)
    return nullptr;
  const std::uint64_t call = ++shared->calls;
  if (call != plan.nth && !(plan.failure->stays && call > plan.nth))
    return nullptr;
  note_where();
  return plan.failure;
}

bool no_memory() {
  if (!strikes(Seam::memory)) return false;
  errno = ENOMEM;
  return true;
}

/// The errno of a call that fails, or 0. One that fails in part does not here.
bool fails(Seam seam, const Failure** found = nullptr) {
  const Failure* const failure = strikes(seam);
  if (found) *found = failure;
  if (!failure || failure->error == in_part) return false;
  errno = failure->error;
  return true;
}

void* allocate(std::size_t size) {
  return no_memory() ? nullptr : std::malloc(size ? size : 1);
}

void* allocate_zeroed(std::size_t count, std::size_t size) {
  return no_memory() ? nullptr : std::calloc(count, size);
}

void* reallocate(void* old, std::size_t size) {
  return no_memory() ? nullptr : std::realloc(old, size);
}

char* duplicate(const char* text) {
  return no_memory() ? nullptr : strdup(text);
}

void* allocate_or_throw(std::size_t size) {
  if (void* const memory = allocate(size)) return memory;
  throw std::bad_alloc();
}

void* allocate_aligned(std::size_t size, std::align_val_t align) {
  const auto alignment = static_cast<std::size_t>(align);
  void* memory = nullptr;
  if (no_memory() || posix_memalign(&memory, alignment, size ? size : 1) != 0)
    throw std::bad_alloc();
  return memory;
}

/// The function that this program's own of the same name hides.
template <class Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

namespace {

constexpr std::array failures{
    Failure{"memory", Seam::memory, ENOMEM},
    Failure{"thread", Seam::thread, EAGAIN},
    Failure{"thread_for_good", Seam::thread, EAGAIN, true},
    Failure{"process", Seam::process, EAGAIN},
    Failure{"process_for_good", Seam::process, ENOMEM, true},
    Failure{"open", Seam::open, EMFILE},
    Failure{"open_for_good", Seam::open, EMFILE, true},
    Failure{"watch", Seam::watch, ENOMEM},
    Failure{"watch_for_good", Seam::watch, ENOSPC, true},
    Failure{"wait_interrupted", Seam::wait, EINTR},
    Failure{"connect", Seam::connect, EADDRNOTAVAIL},
    Failure{"receive_interrupted", Seam::receive, EINTR},
    Failure{"receive_in_part", Seam::receive, in_part},
    Failure{"receive_reset", Seam::receive, ECONNRESET},
    Failure{"send_interrupted", Seam::send, EINTR},
    Failure{"send_in_part", Seam::send, in_part},
    Failure{"send_reset", Seam::send, ECONNRESET},
    Failure{"reap_interrupted", Seam::reap, EINTR},
};

}  // namespace

std::span<const Failure> all_failures() {
  return failures;
}

void arm(const Failure& failure, std::uint64_t nth) {
  new (shared) Shared;
  plan = {&failure, nth};
  armed = true;
}

void disarm() {
  armed = false;
}

bool has_struck() {
  return shared->struck;
}

namespace {

/// A function that is running: the library it is in, and its name as linked,
/// empty for one that its source keeps to itself.
struct Frame {
  std::string_view library, function;
  bool of_program = false;  ///< and of no library
};

Frame frame_at(const void* return_address) {
  Dl_info program{}, object{};
  dladdr(&plan, &program);
  // A call that does not return may be the last instruction of its function.
  if (dladdr(static_cast<const char*>(return_address) - 1, &object) == 0)
    return {};
  return {object.dli_fname ? object.dli_fname : "",
          object.dli_sname ? object.dli_sname : "",
          object.dli_fbase == program.dli_fbase};
}

/// A function of this file, or that it puts in the place of another's.
bool injects(const Frame& frame) {
  const auto begins = [&](const char* with) {
    return frame.function.starts_with(with);
  };
  return frame.of_program && !frame.function.empty() &&
         (begins("_ZN10interleave9injection") || begins("_Znw") ||
          begins("_Zna") || !begins("_Z"));
}

/// A function of Interleave, and not of a header of another's. One without a
/// name, such as a clone that g++ made of either, leaves it to its caller.
bool is_ours(const Frame& frame) {
  const std::size_t at = frame.function.find("10interleave");
  return frame.of_program && at != frame.function.npos &&
         frame.function.find_first_not_of("_ZNK") == at;
}

}  // namespace

bool struck_in(Seam seam, std::string_view part) {
  if (!has_struck() || shared->seam != seam) return false;
  bool injected = true;
  for (int at = 0; at < shared->depth; ++at) {
    const Frame frame = frame_at(shared->where[static_cast<std::size_t>(at)]);
    injected = injected && injects(frame);
    if (injected) continue;
    if (is_ours(frame)) return false;
    if (frame.library.find(part) != frame.library.npos ||
        frame.function.find(part) != frame.function.npos)
      return true;
  }
  return false;
}

std::string where_it_struck() {
  std::string text;
  for (int at = 0; has_struck() && at < shared->depth; ++at) {
    const auto* const where =
        static_cast<const char*>(shared->where[static_cast<std::size_t>(at)]);
    Dl_info object{};
    if (dladdr(where, &object) == 0) continue;
    text += fmt::format(" {:#x}",
                        where - static_cast<const char*>(object.dli_fbase));
  }
  return text;
}

void set_up() {
  void* const memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE,
                            MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::runtime_error("no shared memory");
  shared = static_cast<Shared*>(memory);
  std::array<void*, 4> first;  // the first one loads a library
  backtrace(first.data(), static_cast<int>(first.size()));

  if (curl_global_init_mem(CURL_GLOBAL_ALL, allocate, std::free, reallocate,
                           duplicate, allocate_zeroed) != CURLE_OK)
    throw std::runtime_error("libcurl");
}

}  // namespace interleave::injection

// ---- memory ----------------------------------------------------------------

using namespace interleave::injection;

void* operator new(std::size_t size) {
  return allocate_or_throw(size);
}
void* operator new[](std::size_t size) {
  return allocate_or_throw(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void* operator new(std::size_t size, std::align_val_t align) {
  return allocate_aligned(size, align);
}
void* operator new[](std::size_t size, std::align_val_t align) {
  return allocate_aligned(size, align);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}

// ---- system calls ----------------------------------------------------------

// The program's own functions of these names are found before those of the C
// library, by every library too.
extern "C" {

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
  static const auto next =
      real<void*(std::size_t, std::size_t)>("aligned_alloc");
  return no_memory() ? nullptr : next(alignment, size);
}

int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                   void* (*start)(void*), void* argument) noexcept {
  static const auto next =
      real<int(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*)>(
          "pthread_create");
  if (fails(Seam::thread)) return errno;
  return next(thread, attributes, start, argument);
}

pid_t fork() noexcept {
  static const auto next = real<pid_t()>("fork");
  return fails(Seam::process) ? -1 : next();
}

int socket(int domain, int type, int protocol) noexcept {
  static const auto next = real<int(int, int, int)>("socket");
  return fails(Seam::open) ? -1 : next(domain, type, protocol);
}

int socketpair(int domain, int type, int protocol, int ends[2]) noexcept {
  static const auto next = real<int(int, int, int, int*)>("socketpair");
  return fails(Seam::open) ? -1 : next(domain, type, protocol, ends);
}

int pipe2(int ends[2], int flags) noexcept {
  static const auto next = real<int(int*, int)>("pipe2");
  return fails(Seam::open) ? -1 : next(ends, flags);
}

int pipe(int ends[2]) noexcept {
  static const auto next = real<int(int*)>("pipe");
  return fails(Seam::open) ? -1 : next(ends);
}

int eventfd(unsigned value, int flags) noexcept {
  static const auto next = real<int(unsigned, int)>("eventfd");
  return fails(Seam::open) ? -1 : next(value, flags);
}

int epoll_create1(int flags) noexcept {
  static const auto next = real<int(int)>("epoll_create1");
  return fails(Seam::open) ? -1 : next(flags);
}

int timerfd_create(clockid_t clock, int flags) noexcept {
  static const auto next = real<int(clockid_t, int)>("timerfd_create");
  return fails(Seam::open) ? -1 : next(clock, flags);
}

int dup(int descriptor) noexcept {
  static const auto next = real<int(int)>("dup");
  return fails(Seam::open) ? -1 : next(descriptor);
}

int open(const char* path, int flags, ...) {
  static const auto next = real<int(const char*, int, ...)>("open");
  va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & O_CREAT) ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return fails(Seam::open) ? -1 : next(path, flags, mode);
}

int epoll_ctl(int poll, int operation, int descriptor,
              epoll_event* event) noexcept {
  static const auto next = real<int(int, int, int, epoll_event*)>("epoll_ctl");
  // To let go of one cannot fail for want of anything.
  if (operation != EPOLL_CTL_DEL && fails(Seam::watch)) return -1;
  return next(poll, operation, descriptor, event);
}

int epoll_wait(int poll, epoll_event* events, int most, int timeout) {
  static const auto next = real<int(int, epoll_event*, int, int)>("epoll_wait");
  return fails(Seam::wait) ? -1 : next(poll, events, most, timeout);
}

int poll(pollfd* events, nfds_t count, int timeout) {
  static const auto next = real<int(pollfd*, nfds_t, int)>("poll");
  return fails(Seam::wait) ? -1 : next(events, count, timeout);
}

int connect(int descriptor, const sockaddr* to, socklen_t size) {
  static const auto next =
      real<int(int, const sockaddr*, socklen_t)>("connect");
  return fails(Seam::connect) ? -1 : next(descriptor, to, size);
}

ssize_t recv(int descriptor, void* into, std::size_t size, int flags) {
  static const auto next = real<ssize_t(int, void*, std::size_t, int)>("recv");
  const Failure* partly = nullptr;
  if (fails(Seam::receive, &partly)) return -1;
  return next(descriptor, into, partly && size > 1 ? 1 : size, flags);
}

ssize_t read(int descriptor, void* into, std::size_t size) {
  static const auto next = real<ssize_t(int, void*, std::size_t)>("read");
  const Failure* partly = nullptr;
  // An event's or a timer's eight bytes come whole or not at all.
  if (size == 8) return next(descriptor, into, size);
  if (fails(Seam::receive, &partly)) return -1;
  return next(descriptor, into, partly && size > 1 ? 1 : size);
}

ssize_t recvmsg(int descriptor, msghdr* message, int flags) {
  static const auto next = real<ssize_t(int, msghdr*, int)>("recvmsg");
  const Failure* partly = nullptr;
  if (fails(Seam::receive, &partly)) return -1;
  if (partly && message->msg_iovlen > 0 && message->msg_iov[0].iov_len > 1) {
    msghdr less = *message;
    iovec one{message->msg_iov[0].iov_base, 1};
    less.msg_iov = &one;
    less.msg_iovlen = 1;
    return next(descriptor, &less, flags);
  }
  return next(descriptor, message, flags);
}

ssize_t send(int descriptor, const void* from, std::size_t size, int flags) {
  static const auto next =
      real<ssize_t(int, const void*, std::size_t, int)>("send");
  const Failure* partly = nullptr;
  if (fails(Seam::send, &partly)) return -1;
  return next(descriptor, from, partly && size > 1 ? 1 : size, flags);
}

ssize_t write(int descriptor, const void* from, std::size_t size) {
  static const auto next =
      real<ssize_t(int, const void*, std::size_t)>("write");
  const Failure* partly = nullptr;
  if (size == 8) return next(descriptor, from, size);
  if (fails(Seam::send, &partly)) return -1;
  return next(descriptor, from, partly && size > 1 ? 1 : size);
}

ssize_t sendmsg(int descriptor, const msghdr* message, int flags) {
  static const auto next = real<ssize_t(int, const msghdr*, int)>("sendmsg");
  const Failure* partly = nullptr;
  if (fails(Seam::send, &partly)) return -1;
  if (partly && message->msg_iovlen > 0 && message->msg_iov[0].iov_len > 1) {
    msghdr less = *message;
    iovec one{message->msg_iov[0].iov_base, 1};
    less.msg_iov = &one;
    less.msg_iovlen = 1;
    return next(descriptor, &less, flags);
  }
  return next(descriptor, message, flags);
}

pid_t wait4(pid_t process, int* status, int options, rusage* usage) noexcept {
  static const auto next = real<pid_t(pid_t, int*, int, rusage*)>("wait4");
  return fails(Seam::reap) ? -1 : next(process, status, options, usage);
}

}  // extern "C"
