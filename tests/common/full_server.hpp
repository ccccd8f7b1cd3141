// A server that does not take connections, as an overloaded one.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

namespace interleave {

/// A server that has no room for a connection until it is told to take some:
/// then one comes about when its client asks again, after a second.
class FullServer {
 public:
  FullServer() {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof where;
    auto* const address = reinterpret_cast<sockaddr*>(&where);
    if (bind(listener_, address, size) != 0 || listen(listener_, 0) != 0 ||
        getsockname(listener_, address, &size) != 0 ||
        connect(filler_, address, size) != 0)
      throw std::runtime_error("no full server");
    port_ = ntohs(where.sin_port);
  }
  ~FullServer() {
    close(listener_);
    close(filler_);
  }

  std::string url() const { return fmt::format("http://127.0.0.1:{}/", port_); }

  /// Takes the one that fills it, and answers the next.
  void answer_one() const {
    close(accept(listener_, nullptr, nullptr));
    const int next = accept(listener_, nullptr, nullptr);
    constexpr std::string_view reply =
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
    std::array<char, 4096> request;
    EXPECT_GT(recv(next, request.data(), request.size(), 0), 0);
    EXPECT_EQ(send(next, reply.data(), reply.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(reply.size()));
    close(next);
  }

 private:
  const int listener_ = socket(AF_INET, SOCK_STREAM, 0);
  const int filler_ = socket(AF_INET, SOCK_STREAM, 0);
  std::uint16_t port_ = 0;
};

}  // namespace interleave
