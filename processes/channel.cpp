#include "processes/channel.hpp"

#include <sys/socket.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace interleave::processes {

std::optional<Message> Channel::receive() {
  char chunk[16 * 1024];
  while (true) {
    const std::size_t size = frame_size(received_);
    if (size > 0 && received_.size() >= size) {
      Message parcel = parse_frame(std::string_view(received_).substr(0, size));
      received_.erase(0, size);
      return parcel;
    }
    reserve_frame(received_, size);
    const ssize_t got = recv(socket_, chunk, sizeof chunk, 0);
    if (got == 0) return std::nullopt;
    if (got > 0) {
      received_.append(chunk, static_cast<std::size_t>(got));
    } else if (errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "recv");
    }
  }
}

void Channel::send(std::size_t i, Download so_far) {
  std::string frame;
  append_frame(frame, Message(i, std::move(so_far)));
  std::string_view left = frame;
  while (!left.empty()) {
    const ssize_t sent =
        ::send(socket_, left.data(), left.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      left.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "send");
    }
  }
}

void Channel::send(std::size_t i, Result result) {
  send(i, Download(std::move(result)));
}

void Channel::push(std::size_t i) {
  Result taken_up;
  taken_up.queued = Clock::now();
  send(i, std::move(taken_up));
  if (!receive()) throw std::runtime_error("nobody takes what is handed in");
}

}  // namespace interleave::processes
