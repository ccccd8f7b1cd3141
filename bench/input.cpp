#include "bench/input.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>

#include "bench/units.hpp"

namespace interleave {

namespace {

constexpr std::uintmax_t most_bytes = std::uintmax_t{256} << 20;

}  // namespace

void reject_at(std::string_view name, std::size_t line, std::size_t column,
               std::string_view what) {
  throw InputError(
      fmt::format("{}:{}:{}: {}", printable(name), line, column, what));
}

std::string read_input(const std::filesystem::path& file,
                       std::string_view wanted) {
  const std::string name = printable(file.string());
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (std::filesystem::is_directory(status))
    throw InputError(fmt::format("{}: is a directory: name {}", name, wanted));
  // Opening a fifo would wait for somebody to write, and a device may never
  // end.
  if (std::filesystem::exists(status) &&
      !std::filesystem::is_regular_file(status))
    throw InputError(
        fmt::format("{}: is no regular file: name {}", name, wanted));
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (!error && size > most_bytes)
    throw InputError(fmt::format("{}: is {} long, {} are read: name {}", name,
                                 format_size(size), format_size(most_bytes),
                                 wanted));
  std::ifstream stream(file, std::ios::binary);
  std::stringstream text;
  if (stream) text << stream.rdbuf();
  if (!stream)
    throw InputError(
        fmt::format("{}: cannot be read ({}): check its name and "
                    "its permissions",
                    name, std::strerror(errno)));
  return text.str();
}

}  // namespace interleave
