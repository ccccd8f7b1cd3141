// Raw client of the origin, and helpers that its tests share.
#pragma once

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "bench/origin/process.hpp"

namespace interleave::origin {

inline std::string refusal(const auto& attempt) {
  try {
    attempt();
    return "";
  } catch (const std::exception& error) {
    return error.what();
  }
}

inline bool eventually(const auto& condition) {
  const auto deadline = Clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

struct Reply {
  int status = 0;
  std::string head;
  std::string body;

  /// The value of a header, "" when it is absent.
  std::string header(const std::string& name) const {
    const std::size_t at = head.find("\r\n" + name + ": ");
    if (at == head.npos) return "";
    const std::size_t from = at + name.size() + 4;
    return head.substr(from, head.find("\r\n", from) - from);
  }
};

class Client {
 public:
  explicit Client(std::uint16_t port)
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // A test that waits for what never comes fails, and does not hang.
    const timeval patience{20, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    const int at_once = 1;
    setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    if (connect(socket_, reinterpret_cast<sockaddr*>(&where), sizeof where)) {
      leave();
      throw std::runtime_error("cannot connect");
    }
  }
  explicit Client(const Process& origin) : Client(origin.port()) {}
  ~Client() { leave(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// False once the server has reset the connection.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent =
          ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void ask(const std::string& method, const std::string& path,
           const std::string& headers = "", const std::string& body = "") {
    send(method + " " + path + " HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n" +
         body);
  }
  Reply receive(bool with_body = true);
  Reply get(const std::string& path) {
    ask("GET", path);
    return receive();
  }

  /// Everything that comes until the server is done with it.
  std::string all() {
    while (more()) {
    }
    was_reset_ = errno == ECONNRESET;
    return std::exchange(rest_, {});
  }
  /// Whether all() ended with a reset, and not with an end of file.
  bool was_reset() const { return was_reset_; }
  /// What comes until there are `bytes` of it, or the server is done.
  std::string first(std::size_t bytes) {
    while (rest_.size() < bytes && more()) {
    }
    return rest_.substr(0, bytes);
  }

  /// True when the server has closed and nothing came before that.
  bool ended() {
    char byte;
    return rest_.empty() && recv(socket_, &byte, 1, 0) == 0;
  }
  bool quiet_for(std::chrono::milliseconds time) {
    const auto deadline = Clock::now() + time;
    char byte;
    while (Clock::now() < deadline) {
      if (recv(socket_, &byte, 1, MSG_DONTWAIT | MSG_PEEK) >= 0) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return true;
  }
  void end_of_input() { shutdown(socket_, SHUT_WR); }
  void leave() {
    if (socket_ >= 0) close(socket_);
    socket_ = -1;
  }
  void reset() {
    const linger at_once{1, 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    leave();
  }

 private:
  bool more() {
    char buffer[65536];
    errno = 0;
    const ssize_t size = recv(socket_, buffer, sizeof buffer, 0);
    if (size > 0) rest_.append(buffer, static_cast<std::size_t>(size));
    return size > 0;
  }

  int socket_ = -1;
  bool was_reset_ = false;
  std::string rest_;
};

inline Reply Client::receive(bool with_body) {
  Reply reply;
  while (rest_.find("\r\n\r\n") == rest_.npos)
    if (!more()) throw std::runtime_error("no reply: '" + rest_ + "'");
  const std::size_t end = rest_.find("\r\n\r\n") + 4;
  reply.head = rest_.substr(0, end);
  rest_.erase(0, end);
  if (!reply.head.starts_with("HTTP/1.1 "))
    throw std::runtime_error("bytes before the reply: '" + reply.head + "'");
  std::from_chars(reply.head.data() + 9, reply.head.data() + 12, reply.status);
  if (!with_body || reply.header("Content-Length").empty()) return reply;
  const std::size_t length = std::stoul(reply.header("Content-Length"));
  while (rest_.size() < length)
    if (!more()) throw std::runtime_error("the body was cut short");
  reply.body = rest_.substr(0, length);
  rest_.erase(0, length);
  return reply;
}

inline Settings gated() {
  Settings settings;
  settings.gate = true;
  return settings;
}

inline std::uint64_t in_flight(const Process& origin) {
  return origin.counters().in_flight.load();
}

/// A line of /proc/PID/status, in KiB.
inline std::uint64_t memory_of(pid_t pid, const std::string& name) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string word; status >> word;) {
    std::uint64_t value = 0;
    if (word == name + ":" && status >> value) return value;
  }
  throw std::runtime_error("no " + name);
}

}  // namespace interleave::origin
