#include "common/connections.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <utility>

namespace interleave {

namespace {

/// 0 when it has none.
int local_port(curl_socket_t socket) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&storage), &size) != 0)
    return 0;
  // The port lies at the same place for both families.
  return ntohs(reinterpret_cast<const sockaddr_in&>(storage).sin_port);
}

/// Whether something has come, be it bytes, the end of the stream or an error.
bool has_unread(curl_socket_t socket) {
  char byte;
  return ::recv(socket, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
         (errno != EAGAIN && errno != EWOULDBLOCK);
}

}  // namespace

curl_socket_t Connections::open(const curl_sockaddr& address,
                                const void* opener) {
  const int socket = ::socket(address.family, address.socktype | SOCK_CLOEXEC,
                              address.protocol);
  if (socket < 0) return CURL_SOCKET_BAD;
  // libcurl closes one that it could not connect without a word, and its number
  // comes again.
  drop(socket);
  try {
    open_.push_back({socket, opener});
  } catch (const std::bad_alloc&) {  // must not pass through libcurl, it is C
    ::close(socket);
    errno = ENOMEM;
    return CURL_SOCKET_BAD;
  }
  if (opened(socket)) return socket;
  close(socket);
  errno = ENOBUFS;
  return CURL_SOCKET_BAD;
}

int Connections::close(curl_socket_t socket) {
  drop(socket);
  return ::close(socket);
}

void Connections::drop(curl_socket_t socket) {
  closing(socket);
  const auto found = std::ranges::find(open_, socket, &Connection::socket);
  if (found == open_.end()) return;
  std::swap(*found, open_.back());
  open_.pop_back();
}

bool Connections::begin_request(const Ends& ends, const void* opener,
                                bool decrypted) {
  const auto kept = std::ranges::find_if(open_, [&](const Connection& one) {
    return one.local_port == ends.local_port &&
           one.remote_port == ends.remote_port &&
           one.remote_address.data() == ends.remote_address;
  });
  if (kept != open_.end()) {
    if (decrypted || has_unread(kept->socket))
      ::shutdown(kept->socket, SHUT_RDWR);
    return true;
  }
  // Two addresses of a host may be tried at once.
  const auto fresh = std::ranges::find_if(open_, [&](const Connection& one) {
    return one.opener == opener && one.local_port == 0 &&
           local_port(one.socket) == ends.local_port;
  });
  if (fresh != open_.end()) {
    fresh->local_port = ends.local_port;
    fresh->remote_port = ends.remote_port;
    ends.remote_address.copy(fresh->remote_address.data(), longest_address);
  }
  return false;
}

}  // namespace interleave
