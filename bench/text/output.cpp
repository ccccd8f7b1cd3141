#include "bench/text/output.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <utility>

#include "bench/text/text.hpp"

namespace interleave {

namespace {

/// 0, or the errno of the write that failed.
int write_all(int descriptor, std::string_view text) noexcept {
  while (!text.empty()) {
    const ssize_t wrote = write(descriptor, text.data(), text.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) return errno;
    text.remove_prefix(static_cast<std::size_t>(wrote));
  }
  return 0;
}

/// What a report is written with: to a descriptor, in large pieces.
class Writer {
 public:
  explicit Writer(int descriptor) : descriptor_(descriptor) {}

  /// After a failure nothing more is written.
  void add(std::string_view text) {
    constexpr std::size_t piece = std::size_t{1} << 16;
    if (error_) return;
    waiting_ += text;
    if (waiting_.size() >= piece) flush();
  }

  /// 0, or the errno of the write that failed.
  int finish() {
    flush();
    return error_;
  }

 private:
  void flush() {
    if (!error_) error_ = write_all(descriptor_, waiting_);
    waiting_.clear();
  }

  int descriptor_;
  int error_ = 0;
  std::string waiting_;
};

using Write = std::function<void(const Sink&)>;

int write_with(int descriptor, const Write& write) {
  Writer writer(descriptor);
  write([&](std::string_view text) { writer.add(text); });
  return writer.finish();
}

[[noreturn]] void fail(std::string_view where, int error) {
  throw OutputError(fmt::format("could not write {}: {}; write it elsewhere",
                                where, std::strerror(error)));
}

/// Holds back what ends the program until this object goes: nothing is left
/// half done then. A handler that only notes a signal notes it later.
class SignalsHeld {
 public:
  SignalsHeld() {
    sigset_t ending;
    sigemptyset(&ending);
    for (const int number : {SIGHUP, SIGINT, SIGTERM})
      sigaddset(&ending, number);
    sigprocmask(SIG_BLOCK, &ending, &before_);
  }
  ~SignalsHeld() { sigprocmask(SIG_SETMASK, &before_, nullptr); }
  SignalsHeld(const SignalsHeld&) = delete;
  SignalsHeld& operator=(const SignalsHeld&) = delete;

 private:
  sigset_t before_{};
};

/// What a report is written to before it has its name: a file that was not
/// there before, under a name that nobody can have foreseen (a folder such as
/// /tmp is everybody's). Removes itself unless it was renamed.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::filesystem::path& target)
      : target_(target) {
    std::uint64_t number = 0;
    if (getrandom(&number, sizeof number, 0) < 0) return;
    path_ = target.parent_path() / fmt::format(".interleave-{:016x}", number);
    descriptor_ =
        open(path_.c_str(),
             O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    error_ = descriptor_ < 0 ? errno : 0;
  }
  ~TemporaryFile() {
    if (descriptor_ < 0) return;
    close(descriptor_);
    if (!renamed_) unlink(path_.c_str());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  /// 0, or the errno of the step that failed. A report that replaces another
  /// keeps its permissions.
  int write_and_rename(const Write& write) {
    if (descriptor_ < 0) return error_;
    struct stat old{};
    if (stat(target_.c_str(), &old) == 0 &&
        fchmod(descriptor_, old.st_mode & 07777) != 0)
      return errno;
    if (const int error = write_with(descriptor_, write)) return error;
    if (fsync(descriptor_) != 0) return errno;
    if (rename(path_.c_str(), target_.c_str()) != 0) return errno;
    renamed_ = true;
    return 0;
  }

 private:
  const SignalsHeld held_;
  std::filesystem::path target_, path_;
  int descriptor_ = -1, error_ = ENOSYS;
  bool renamed_ = false;
};

std::string quoted(const std::filesystem::path& file) {
  return fmt::format("'{}'", printable(file.string()));
}

/// What a report of that name is written to.
struct Place {
  std::filesystem::path target;
  bool in_place;  // else it is renamed to that
};

/// What a name leads to through symbolic links: also one that is not there yet.
std::filesystem::path resolved(std::filesystem::path file) {
  constexpr int most_links = 40;  // as in the kernel
  std::error_code none;
  for (int links = 0; links < most_links; ++links) {
    const auto link = std::filesystem::read_symlink(file, none);
    if (none) break;
    file = file.parent_path() / link;
  }
  return file;
}

/// A link stays a link: what it points to is replaced. Throws OutputError.
Place place_of(const std::filesystem::path& file) {
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (std::filesystem::is_directory(status)) fail(quoted(file), EISDIR);
  // There being no such file yet is no error; a name that is too long is one.
  if (!std::filesystem::status_known(status)) fail(quoted(file), error.value());
  if (!std::filesystem::exists(status)) return {resolved(file), false};
  if (!std::filesystem::is_regular_file(status)) return {file, true};
  const auto target = std::filesystem::canonical(file, error);
  if (error) fail(quoted(file), error.value());
  return {target, false};
}

int write_in_place(const std::filesystem::path& file, const Write& write) {
  const int descriptor = open(file.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
  if (descriptor < 0) return errno;
  const int error = write_with(descriptor, write);
  const int closed = close(descriptor) == 0 ? 0 : errno;
  return error ? error : closed;
}

}  // namespace

void AllOutputs::attempt(const std::function<void()>& write) {
  try {
    write();
  } catch (const OutputError&) {
    if (!failure_) failure_ = std::current_exception();
  }
}

void AllOutputs::finish() const {
  if (failure_) std::rethrow_exception(failure_);
}

void write_stdout(std::string_view text) {
  static bool reader_left = false;
  if (reader_left) return;
  const int error = write_all(STDOUT_FILENO, text);
  reader_left = error == EPIPE;
  if (error && !reader_left) fail("to stdout", error);
}

void write_quietly(int descriptor, std::string_view text) noexcept {
  write_all(descriptor, text);
}

void write_file(const std::filesystem::path& file, std::string_view text) {
  write_file(file, [&](const Sink& sink) { sink(text); });
}

void write_file(const std::filesystem::path& file, const Write& write) {
  const auto [target, in_place] = place_of(file);
  const int failed = in_place ? write_in_place(target, write)
                              : TemporaryFile(target).write_and_rename(write);
  if (failed) fail(quoted(file), failed);
}

std::string spliced(std::string_view document, std::string_view name,
                    std::string_view part) {
  const std::string opens = fmt::format("<!-- {} -->\n", name);
  const std::size_t begin = document.find(opens);
  const std::size_t from = begin + opens.size();
  if (begin == document.npos) return std::string(part);
  const std::size_t end =
      document.find(fmt::format("<!-- /{} -->", name), from);
  if (end == document.npos) return std::string(part);
  return fmt::format("{}{}{}", document.substr(0, from), part,
                     document.substr(end));
}

std::string spliced_into(const std::filesystem::path& file,
                         std::string_view name, std::string_view part) {
  std::error_code none;
  if (!std::filesystem::is_regular_file(file, none)) return std::string(part);
  std::ifstream stream(file, std::ios::binary);
  const std::string document{std::istreambuf_iterator<char>(stream), {}};
  return spliced(document, name, part);
}

void expect_writable(const std::filesystem::path& file) {
  auto [target, in_place] = place_of(file);
  // A rename writes to the folder; the dot, for what is none to say so.
  if (!in_place) target = std::filesystem::absolute(target).parent_path() / ".";
  if (access(target.c_str(), in_place ? W_OK : W_OK | X_OK) != 0)
    fail(quoted(file), errno);
}

bool same_file(const std::filesystem::path& a, const std::filesystem::path& b) {
  struct stat one{}, other{};
  if (stat(a.c_str(), &one) == 0 && stat(b.c_str(), &other) == 0)
    return one.st_dev == other.st_dev && one.st_ino == other.st_ino &&
           !S_ISCHR(one.st_mode);
  // One that is not there yet has a name only.
  std::error_code error;
  const auto name = [&](const std::filesystem::path& file) {
    return std::filesystem::weakly_canonical(
        std::filesystem::absolute(resolved(file)), error);
  };
  return name(a) == name(b);
}

bool stdout_is(const std::filesystem::path& file) {
  struct stat one{}, other{};
  return fstat(STDOUT_FILENO, &one) == 0 && stat(file.c_str(), &other) == 0 &&
         S_ISREG(one.st_mode) && one.st_dev == other.st_dev &&
         one.st_ino == other.st_ino;
}

void occupy_standard_descriptors() {
  for (const int descriptor : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(descriptor, F_GETFD) != -1) continue;
    // open() returns the lowest free number, which is this one. Read-only, so
    // that a write fails instead of vanishing; stderr has nobody to tell.
    const int flags = descriptor == STDERR_FILENO ? O_WRONLY : O_RDONLY;
    if (open("/dev/null", flags) != descriptor) return;
  }
}

}  // namespace interleave
