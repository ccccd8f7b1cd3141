#include "common/beast_client.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace interleave {
namespace {

constexpr std::string_view reply_hi =
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

/// How a server sends a reply. A byte at a time, no boundary of ours is one of
/// the parser's.
enum class Pieces { bytes, whole };

/// Answers the requests of one connection after another with fixed bytes.
class Server {
 public:
  /// What it sends for the requests of one connection, in their order; then it
  /// closes.
  using Replies = std::vector<std::string>;

  explicit Server(std::vector<Replies> connections,
                  Pieces pieces = Pieces::bytes)
      : pieces_(pieces) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof where;
    auto* const address = reinterpret_cast<sockaddr*>(&where);
    if (bind(listener_, address, size) || listen(listener_, 16) ||
        getsockname(listener_, address, &size))
      throw std::runtime_error("no server");
    port_ = ntohs(where.sin_port);
    thread_ = std::jthread([this, all = std::move(connections)] {
      for (const Replies& replies : all) serve(replies);
    });
  }
  ~Server() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    for (const int connection : ended_) close(connection);
    close(listener_);
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::string url() const { return fmt::format("http://127.0.0.1:{}/", port_); }
  int requests() const { return requests_; }

  /// Sends what nobody asked for on the connection that is open.
  void say(std::string_view text) const {
    EXPECT_EQ(send(connection_, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }

 private:
  void serve(const Replies& replies) {
    const int connection = accept(listener_, nullptr, nullptr);
    if (connection < 0) return;
    connection_ = connection;
    for (const std::string& reply : replies) {
      std::string request;
      std::array<char, 4096> part;
      while (!request.ends_with("\r\n\r\n")) {
        const ssize_t got = recv(connection, part.data(), part.size(), 0);
        if (got <= 0) break;
        request.append(part.data(), static_cast<std::size_t>(got));
      }
      if (request.empty()) break;
      ++requests_;
      const std::size_t piece = pieces_ == Pieces::bytes ? 1 : reply.size();
      for (std::size_t at = 0; at < reply.size(); at += piece)
        if (send(connection, &reply[at], piece, MSG_NOSIGNAL) < 0) break;
    }
    // Not closed yet: say() may be at it.
    shutdown(connection, SHUT_RDWR);
    ended_.push_back(connection);
  }

  const Pieces pieces_;
  const int listener_ = socket(AF_INET, SOCK_STREAM, 0);
  std::uint16_t port_ = 0;
  std::atomic<int> connection_ = -1, requests_ = 0;
  std::vector<int> ended_;  // of the thread, until it was joined
  std::jthread thread_;
};

class Beast : public testing::Test {
 protected:
  Download fetch(const std::string& url) {
    Item item;
    item.url = url;
    return client_.fetch(item);
  }

  void expect_hi(const std::string& reply) {
    const Server server({{reply}});
    const Download download = fetch(server.url());
    EXPECT_EQ(download.result.status, Status::completed)
        << download.result.error.text;
    EXPECT_EQ(download.body, "hi");
  }

  ErrorKind error_of(const std::string& reply) {
    const Server server({{reply}});
    return fetch(server.url()).result.error.kind;
  }

  Options options_;
  BlockingBeast client_{options_};
};

TEST_F(Beast, SkipsRepliesThatAnnounceAnother) {
  for (const std::string interim :
       {"HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 102 \r\n\r\n",
        "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nLocation: /x\r\n\r\n"}) {
    expect_hi(interim + std::string(reply_hi));
    expect_hi(interim + interim + std::string(reply_hi));
  }
}

TEST_F(Beast, EndsRepliesThatOnlyAnnounceOthers) {
  std::string many;
  for (int i = 0; i < 100; ++i) many += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(error_of(many + std::string(reply_hi)), ErrorKind::protocol);
  EXPECT_EQ(error_of("HTTP/1.1 100 Continue\r\n\r\n"), ErrorKind::closed);
  EXPECT_EQ(error_of("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 2"),
            ErrorKind::truncated);
  EXPECT_EQ(error_of("HTTP/1.1 101 Switching Protocols\r\n\r\n"),
            ErrorKind::protocol);
}

TEST_F(Beast, HandsNoUnaskedReplyToTheNextItem) {
  const std::string hi(reply_hi);
  const Server server({{hi, hi}, {hi}});
  EXPECT_EQ(fetch(server.url()).body, "hi");
  server.say("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong");
  EXPECT_EQ(fetch(server.url()).body, "hi");
  EXPECT_EQ(server.requests(), 2);
}

TEST_F(Beast, LeavesAConnectionThatBroughtMoreThanTheReply) {
  const std::string hi(reply_hi);
  const std::string wrong = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong";
  const Server server({{hi + wrong, wrong}, {hi}}, Pieces::whole);
  EXPECT_EQ(fetch(server.url()).body, "hi");
  EXPECT_EQ(fetch(server.url()).body, "hi");
  EXPECT_EQ(server.requests(), 2);
}

TEST_F(Beast, TakesANewConnectionForOneThatWasClosed) {
  const std::string hi(reply_hi);
  const Server server({{hi, hi}, {hi}, {hi}});
  for (int i = 0; i < 4; ++i) EXPECT_EQ(fetch(server.url()).body, "hi");
  EXPECT_EQ(server.requests(), 4);
}

TEST_F(Beast, TakesANewConnectionForOneThatOnlyAnnouncedAReply) {
  const std::string hi(reply_hi);
  const Server server({{hi, "HTTP/1.1 100 Continue\r\n\r\n"}, {hi}});
  for (int i = 0; i < 2; ++i) EXPECT_EQ(fetch(server.url()).body, "hi");
  EXPECT_EQ(server.requests(), 3);
}

TEST_F(Beast, AsksOnlyWhatTheOriginsUrlsLookLike) {
  for (const char* url :
       {"https://127.0.0.1:1/", "http://localhost:1/", "http://127.0.0.1/",
        "http://me@127.0.0.1:1/", "http://127.0.0.1:99999/", "http:///",
        "http://127.0.0.1:1", "http://[::1]:1/", "ftp://127.0.0.1:1/", ""})
    EXPECT_EQ(fetch(url).result.error.kind, ErrorKind::scheme_denied) << url;
}

}  // namespace
}  // namespace interleave
