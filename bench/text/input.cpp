#include "bench/text/input.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "bench/text/units.hpp"

namespace interleave {

namespace {

constexpr std::size_t most_bytes = std::size_t{256} << 20;

/// Closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int operator*() const { return number_; }

 private:
  int number_;
};

}  // namespace

void reject_at(std::string_view name, std::size_t line, std::size_t column,
               std::string_view what) {
  throw InputError(
      fmt::format("{}:{}:{}: {}", printable(name), line, column, what));
}

void reject_at(std::string_view name, std::string_view text, std::size_t offset,
               std::string_view what) {
  const std::string_view before = text.substr(0, std::min(text.size(), offset));
  const auto line = std::ranges::count(before, '\n') + 1;
  const std::size_t column = before.size() - (before.rfind('\n') + 1) + 1;
  reject_at(name, static_cast<std::size_t>(line), column, what);
}

std::string read_input(const std::string& file, std::string_view wanted) {
  const bool from_stdin = file == "-";
  const std::string name = from_stdin     ? "stdin"
                           : file.empty() ? "''"
                                          : printable(file);
  static bool stdin_is_read = false;
  if (from_stdin && std::exchange(stdin_is_read, true))
    throw InputError("stdin: can be read only once: name a file instead");
  const auto fail = [&] {
    throw InputError(
        fmt::format("{}: cannot be read ({}): check its name and "
                    "its permissions",
                    name, std::strerror(errno)));
  };
  const Descriptor input(
      from_stdin ? dup(STDIN_FILENO)
                 : open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  struct stat status{};
  if (*input < 0 || fstat(*input, &status) != 0) fail();
  if (S_ISDIR(status.st_mode))
    throw InputError(fmt::format("{}: is a directory: name {}", name, wanted));
  // A pipe or a device may never end.
  std::string text;
  constexpr std::size_t piece = std::size_t{1} << 16;
  bool too_long = S_ISREG(status.st_mode) &&
                  static_cast<std::size_t>(status.st_size) > most_bytes;
  for (; !too_long; too_long = text.size() > most_bytes) {
    const std::size_t size = text.size();
    text.resize(size + piece);
    const ssize_t got = read(*input, text.data() + size, piece);
    text.resize(size + static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    if (got == 0) return text;
    if (got < 0 && errno != EINTR) fail();
  }
  throw InputError(fmt::format("{}: is longer than {}: name {}", name,
                               format_size(most_bytes), wanted));
}

}  // namespace interleave
