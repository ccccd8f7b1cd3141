// Sockets of the connections that libcurl keeps from one request to the next.
#pragma once

#include <curl/curl.h>

#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

namespace interleave {

/// The two ends of a connection, the only name that libcurl has for the one a
/// request is about to use.
struct Ends {
  std::string_view remote_address;
  int remote_port;
  int local_port;
};

/// Opens and closes the sockets of one multi handle, and looks for stray bytes
/// before one is used again.
///
/// Thread safety: the thread of the multi handle only.
/// Invariants: outlives the handle's connections.
class Connections {
 public:
  Connections() = default;
  virtual ~Connections() = default;
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  /// The socket for a connection that `opener` asks for, or CURL_SOCKET_BAD,
  /// and errno says why.
  curl_socket_t open(const curl_sockaddr& address, const void* opener);

  /// Returns what close(2) does.
  int close(curl_socket_t socket);

  /// To be called when `opener` is about to send a request. True when the
  /// connection has carried one before. Bytes that came since then belong to no
  /// reply, though libcurl would take them for the next: such a connection is
  /// shut down, so that the request fails, and libcurl makes it on another one.
  /// What arrives after this look cannot be told from a reply.
  /// `decrypted`: TLS holds bytes that are not on the socket any more.
  bool begin_request(const Ends& ends, const void* opener, bool decrypted);

 protected:
  // For a loop that waits for the sockets; opened() is false when it has no
  // room for one.
  virtual bool opened(curl_socket_t) { return true; }
  virtual void closing(curl_socket_t) {}

 private:
  static constexpr std::size_t longest_address = 45;  // IPv6 around an IPv4

  struct Connection {
    curl_socket_t socket;
    const void* opener;
    int local_port = 0;  // 0 until its first request
    int remote_port = 0;
    std::array<char, longest_address + 1> remote_address{};
  };

  void drop(curl_socket_t socket);

  std::vector<Connection> open_;
};

}  // namespace interleave
