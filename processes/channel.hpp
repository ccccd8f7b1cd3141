// The child's end of the one connection it has: framed, blocking, both ways.
#pragma once

#include <optional>
#include <string>

#include "common/wire.hpp"

namespace interleave::processes {

/// Thread safety: one thread. Invariants: whole frames only, in order.
class Channel {
 public:
  /// `socket` stays the caller's; it must block.
  explicit Channel(int socket) : socket_(socket) {}

  /// Blocks for the next job; nothing when the parent has no more. Throws
  /// std::runtime_error on a damaged frame.
  std::optional<Message> receive();

  /// Blocks until the parent has room. Throws std::system_error when it is
  /// gone.
  void send(std::size_t i, Download so_far);
  void send(std::size_t i, Result result);

  /// A producer's: hands item `i` in, stamped as queued, and blocks until the
  /// parent's queue had a place for it. Throws std::runtime_error when the
  /// parent is gone.
  void push(std::size_t i);

 private:
  int socket_;
  std::string received_;
};

}  // namespace interleave::processes
