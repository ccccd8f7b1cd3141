// Children and pipes of the primitives, which throw where they are refused.
#pragma once

#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "common/child_process.hpp"

namespace interleave {

/// As fork_child(), but for a refusal.
template <class Body>
pid_t fork_or_throw(Body body) {
  const pid_t child = fork_child(body);
  if (child < 0)
    throw std::system_error(errno, std::generic_category(), "fork");
  return child;
}

struct Pipe {
  Pipe() {
    if (pipe(ends.data()) != 0)
      throw std::system_error(errno, std::generic_category(), "pipe");
  }
  ~Pipe() {
    for (const int end : ends)
      if (end >= 0) close(end);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void put(std::size_t value) const {
    if (write(ends[1], &value, sizeof value) != sizeof value)
      throw std::runtime_error("a pipe took nothing");
  }
  /// False at the end of what will ever come.
  bool take(std::size_t& value) const {
    return read(ends[0], &value, sizeof value) == sizeof value;
  }
  void close_writing() { close(std::exchange(ends[1], -1)); }

  std::array<int, 2> ends{-1, -1};
};

}  // namespace interleave
