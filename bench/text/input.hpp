// Files that a user hands in: read whole, or refused in words.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace interleave {

/// A mistake in an input file: "urls.txt:7:1: what, and what to do".
class InputError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Throws the InputError of a place, both numbers from 1; `name` is made
/// printable, `what` must be.
[[noreturn]] void reject_at(std::string_view name, std::size_t line,
                            std::size_t column, std::string_view what);

/// The same for a place in `text`, in bytes from 0.
[[noreturn]] void reject_at(std::string_view name, std::string_view text,
                            std::size_t offset, std::string_view what);

/// The bytes of a file, or of a pipe or a device up to its end; "-" is stdin,
/// which is read once. At most 256 MiB. Waits for who writes to a pipe.
/// `wanted` says what to name instead of something else: "a file of addresses".
/// Throws InputError.
std::string read_input(const std::string& file, std::string_view wanted);

}  // namespace interleave
