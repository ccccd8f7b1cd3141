#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/origin/books.hpp"
#include "bench/origin/content.hpp"
#include "bench/origin/fault.hpp"
#include "bench/origin/image.hpp"
#include "bench/origin/media.hpp"
#include "bench/origin/process.hpp"
#include "bench/origin/request.hpp"
#include "bench/origin/server.hpp"
#include "common/digest.hpp"
#include "common/run_item.hpp"
#include "common/session.hpp"
#include "tests/sanitizers.hpp"

namespace interleave::origin {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using std::chrono::nanoseconds;

std::string refusal(const auto& attempt) {
  try {
    attempt();
    return "";
  } catch (const std::exception& error) {
    return error.what();
  }
}

bool eventually(const auto& condition) {
  const auto deadline = Clock::now() + 10s;
  while (!condition()) {
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

// ---- What is sent, and when.

TEST(Content, IsTheSameForEver) {
  // Confirmed by a second implementation, in another language.
  EXPECT_EQ(body_of(1, 17, 32), "S\\f_1^mZoadLGeoH2^[XY=KIQY>00kB7");
  EXPECT_EQ(body_of(2, 17, 32), "<0jT[hU_TEhJQFW5kJZ?dSZTT8l:b29U");
  const std::pair<std::size_t, std::uint64_t> golden[] = {
      {0, 0x2d06800538d394c2},      {1, 0x89d130da47fb908c},
      {7, 0xda5c8ffa25886202},      {8, 0x8df68e9e4744d0d4},
      {1024, 0x9a9029ff5545b5c1},   {10966, 0x692a44f6e679da71},
      {1 << 20, 0xc0ee68cceedb536d}};
  for (const auto& [bytes, expected] : golden)
    EXPECT_EQ(digest(body_of(1, 17, bytes)), expected) << bytes;
  EXPECT_EQ(digest(body_of(2, 17, 1024)), 0x3c873c172146036au);
  EXPECT_EQ(digest(body_of(1, 18, 1024)), 0xae1452528a3df69fu);
}

TEST(Content, IsPrintable) {
  for (const char c : body_of(7, 7, 10'000)) ASSERT_TRUE(c >= '0' && c <= 'o');
}

TEST(Content, CanBeMadeInPartsFromAnyOffset) {
  const std::string whole = body_of(3, 5, 100);
  for (std::size_t from = 0; from < whole.size(); ++from) {
    for (std::size_t size = 0; from + size <= whole.size(); ++size) {
      std::string part(size, '\0');
      fill_body(3, 5, from, part);
      ASSERT_EQ(part, whole.substr(from, size)) << from << " " << size;
    }
  }
}

TEST(Content, WaitsAreTheSameForEver) {
  const std::int64_t even[] = {25'989'660, 41'618'667, 27'515'761, 10'619'501};
  const std::int64_t tail[] = {29'031'885, 79'576'484, 30'049'042, 49'454'336};
  for (std::uint64_t id = 0; id < 4; ++id) {
    EXPECT_EQ(waiting_time(parse_wait("89ms"), 1, id), 89ms);
    EXPECT_EQ(waiting_time(parse_wait("10ms..50ms"), 1, id).count(), even[id]);
    EXPECT_EQ(waiting_time(parse_wait("tail:50ms"), 1, id).count(), tail[id]);
  }
}

TEST(Content, EvenWaitsFillTheirRange) {
  const WaitSpec wait = parse_wait("10ns..14ns");
  std::map<std::int64_t, int> seen;
  for (std::uint64_t id = 0; id < 5'000; ++id)
    ++seen[waiting_time(wait, 9, id).count()];
  ASSERT_EQ(seen.size(), 5u);
  EXPECT_EQ(seen.begin()->first, 10);
  EXPECT_EQ(seen.rbegin()->first, 14);
  for (const auto& [ns, count] : seen) EXPECT_NEAR(count, 1000, 150) << ns;
}

TEST(Content, TailWaitsHaveTheirMedianAndTheirCap) {
  std::vector<std::int64_t> waits;
  for (std::uint64_t id = 0; id < 20'001; ++id)
    waits.push_back(waiting_time(parse_wait("tail:1ms"), 4, id).count());
  std::ranges::sort(waits);
  EXPECT_GE(waits.front(), 510'000);
  EXPECT_NEAR(double(waits[10'000]), 1e6, 3e4);
  EXPECT_NEAR(double(waits[18'000]), 4.2e6, 3e5);
  EXPECT_GT(waits.back(), 15'000'000);
  EXPECT_LE(waits.back(), 20'000'000);
  // The largest median there is does not overflow either.
  for (std::uint64_t id = 0; id < 2'000; ++id) {
    const auto longest = waiting_time(parse_wait("tail:30s"), 1, id);
    ASSERT_TRUE(longest >= 15s && longest <= max_wait);
  }
}

TEST(Content, WaitsAreReadBackAsTheyAreWritten) {
  for (const char* text : {"0", "89ms", "1ns", "1500us", "2s", "10ms..50ms",
                           "0..1s", "5ms..5ms", "tail:50ms", "600s"}) {
    EXPECT_EQ(to_string(parse_wait(text)), text);
    EXPECT_EQ(parse_wait(to_string(parse_wait(text))), parse_wait(text));
  }
  EXPECT_EQ(to_string(parse_wait("1.5s")), "1500ms");
}

TEST(Content, RefusesWaitsThatMakeNoSense) {
  for (const char* text :
       {"", "5", "-1ms", "50ms..10ms", "..5ms", "5ms..", "1ms..2ms..3ms",
        "tail:", "tail:1", "tail:1ms..2ms", "601s", "1s..601s", "tail:31s",
        "tail:9223372036s", "Tail:5ms"})
    EXPECT_THROW(parse_wait(text), std::invalid_argument) << text;
}

TEST(Content, PathsAreReadBackAsTheyAreWritten) {
  const ItemSpec item{17, 1, 10966, parse_wait("89ms")};
  EXPECT_EQ(item_path(item), "/items/17?bytes=10966&wait=89ms&seed=1");
  for (const char* wait : {"0", "10ms..50ms", "tail:50ms"}) {
    const ItemSpec other{~0ull, ~0ull, 0, parse_wait(wait)};
    EXPECT_EQ(parse_item_path(item_path(other)).item, other);
    EXPECT_FALSE(parse_item_path(item_path(other)).gated);
    EXPECT_EQ(parse_item_path(gated_path(other)).item, other);
    EXPECT_TRUE(parse_item_path(gated_path(other)).gated);
  }
}

TEST(Content, ParametersHaveDefaultsAndAnyOrder) {
  EXPECT_EQ(parse_item_path("/items/3").item,
            (ItemSpec{3, 1, 1024, WaitSpec{}}));
  EXPECT_EQ(parse_item_path("/items/3?seed=2&wait=1s&bytes=64KiB").item,
            (ItemSpec{3, 2, 65536, parse_wait("1s")}));
  EXPECT_EQ(parse_item_path("/items/3?bytes=1GiB").item.bytes, max_bytes);
}

TEST(Content, SaysWhichParameterIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"/items/", "item ''"},
      {"/items/x", "item 'x'"},
      {"/items/-1", "item '-1'"},
      {"/items/1/2", "item '1/2'"},
      {"/items/18446744073709551616", "item '18446744073709551616'"},
      {"/items/1?", "unknown parameter ''"},
      {"/items/1?size=5", "unknown parameter 'size'"},
      {"/items/1?bytes=5&", "unknown parameter ''"},
      {"/items/1?bytes", "bytes has no value"},
      {"/items/1?bytes=", "bytes: "},
      {"/items/1?bytes=-5", "bytes: '-5' is negative"},
      {"/items/1?bytes=1073741825", "bytes: '1073741825' is more than 1 GiB"},
      {"/items/1?bytes=5&bytes=5", "bytes is given twice"},
      {"/items/1?wait=5", "wait: '5' has no unit"},
      {"/items/1?wait=11m", "wait: '11m' may wait longer"},
      {"/items/1?seed=1.5", "seed: '1.5' is not a whole number"},
      {"/items/1?Seed=1", "unknown parameter 'Seed'"},
      {"/item/1", "/items/ID"}};
  for (const auto& [target, why] : cases) {
    const std::string said = refusal([&] { parse_item_path(target); });
    EXPECT_NE(said.find(why), std::string::npos) << target << ": " << said;
  }
}

// ---- Reading requests.

Parsed parse_all(std::string_view bytes) {
  return RequestParser().parse(bytes);
}

std::string with_headers(const std::string& lines) {
  return "GET / HTTP/1.1\r\nHost: x\r\n" + lines + "\r\n";
}

TEST(RequestParser, ReadsWhatARequestSays) {
  const std::string bytes =
      "PUT /items/1?wait=1ms HTTP/1.1\r\nhOST:  there \r\n"
      "Content-Length: 42\r\nEXPECT: 100-Continue\r\nX: "
      "\xc3\xa4\t!\r\n\r\nbody";
  const Parsed parsed = parse_all(bytes);
  ASSERT_EQ(parsed.state, Parsed::State::complete) << parsed.reason;
  EXPECT_EQ(parsed.consumed, bytes.size() - 4);
  EXPECT_EQ(parsed.request.method, "PUT");
  EXPECT_EQ(parsed.request.target, "/items/1?wait=1ms");
  EXPECT_EQ(parsed.request.content_length, 42u);
  EXPECT_TRUE(parsed.request.expect_continue);
  EXPECT_TRUE(parsed.request.keep_alive);
}

TEST(RequestParser, KnowsWhetherTheConnectionStaysOpen) {
  const std::pair<std::string, bool> cases[] = {
      {with_headers(""), true},
      {with_headers("Connection: close\r\n"), false},
      {with_headers("Connection: keep-alive\r\n"), true},
      {with_headers("Connection: upgrade ,\tCLOSE\r\n"), false},
      {with_headers("Connection: closed\r\n"), true},
      {with_headers("Connection: x\r\nConnection: close\r\n"), false},
      {"GET / HTTP/1.0\r\n\r\n", false},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", false}};
  for (const auto& [bytes, keep_alive] : cases) {
    const Parsed parsed = parse_all(bytes);
    ASSERT_EQ(parsed.state, Parsed::State::complete) << bytes;
    EXPECT_EQ(parsed.request.keep_alive, keep_alive) << bytes;
  }
}

const std::vector<std::pair<std::string, int>> refused_heads{
    {std::string("GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n", 28), 400},
    {"\r\nGET / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET / HTTP/1.1\nHost: x\n\n", 400},
    {"GET / HTTP/1.1\rHost: x\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: x\rA: b\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\r\nHost: x\r\n\r\n", 400},
    {"GET /\r\nHost: x\r\n\r\n", 400},
    {"GET\r\nHost: x\r\n\r\n", 400},
    {"GET  HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET / x HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"G(T / HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET /\xc3\xa4 HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET /\t HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET / HTTP/2.0\r\nHost: x\r\n\r\n", 505},
    {"GET / HTTP/1.2\r\nHost: x\r\n\r\n", 505},
    {"GET / http/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET / HTTP/1.1x\r\nHost: x\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\n\r\n", 400},
    {with_headers("Host: y\r\n"), 400},
    {with_headers("no colon\r\n"), 400},
    {with_headers(": empty\r\n"), 400},
    {with_headers("A : b\r\n"), 400},
    {with_headers("A: b\r\n folded\r\n"), 400},
    {with_headers("A: \x01\r\n"), 400},
    {with_headers("A: \x7f\r\n"), 400},
    {with_headers("Content-Length: -1\r\n"), 400},
    {with_headers("Content-Length: +1\r\n"), 400},
    {with_headers("Content-Length: 0x1\r\n"), 400},
    {with_headers("Content-Length: 1 1\r\n"), 400},
    {with_headers("Content-Length: 1,1\r\n"), 400},
    {with_headers("Content-Length:\r\n"), 400},
    {with_headers("Content-Length: 18446744073709551616\r\n"), 400},
    {with_headers("Content-Length: 1\r\nContent-Length: 1\r\n"), 400},
    {with_headers("Content-Length: 1\r\ncontent-length: 2\r\n"), 400},
    {with_headers("Content-Length: 268435457\r\n"), 413},
    {with_headers("Transfer-Encoding: chunked\r\n"), 501},
    {with_headers("Transfer-Encoding: identity\r\n"), 501},
    {with_headers("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), 400},
    {with_headers("Expect: cake\r\n"), 417}};

TEST(RequestParser, RefusesWhatCouldBeReadInTwoWays) {
  for (const auto& [bytes, status] : refused_heads) {
    const Parsed parsed = parse_all(bytes);
    EXPECT_EQ(parsed.state, Parsed::State::error) << bytes;
    EXPECT_EQ(parsed.status, status) << bytes;
    EXPECT_FALSE(parsed.reason.empty()) << bytes;
  }
}

TEST(RequestParser, AcceptsTheLongestAndRefusesOneByteMore) {
  const std::string version = " HTTP/1.1\r\n";
  const auto request_line = [&](std::size_t size) {
    return "GET /" + std::string(size - 5 - version.size(), 'a') + version +
           "Host: x\r\n\r\n";
  };
  EXPECT_EQ(parse_all(request_line(max_request_line)).state,
            Parsed::State::complete);
  EXPECT_EQ(parse_all(request_line(max_request_line + 1)).status, 414);

  const auto headers = [](std::size_t size) {
    return with_headers("A: " + std::string(size - 9 - 3 - 4, 'b') + "\r\n");
  };
  const std::size_t line = std::string("GET / HTTP/1.1\r\n").size();
  EXPECT_EQ(headers(max_headers).size(), line + max_headers);
  EXPECT_EQ(parse_all(headers(max_headers)).state, Parsed::State::complete);
  EXPECT_EQ(parse_all(headers(max_headers + 1)).status, 431);
  EXPECT_EQ(parse_all(std::string(max_request_line + 1, 'a')).status, 414);
  EXPECT_EQ(parse_all(with_headers("Content-Length: 268435456\r\n")).state,
            Parsed::State::complete);
}

TEST(RequestParser, DoesNotCareHowTheBytesAreSplit) {
  const std::string good =
      "PUT /items/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n";
  for (std::size_t cut = 0; cut < good.size(); ++cut) {
    RequestParser parser;
    ASSERT_EQ(parser.parse(good.substr(0, cut)).state, Parsed::State::need_more)
        << cut;
    const Parsed parsed = parser.parse(good);
    ASSERT_EQ(parsed.state, Parsed::State::complete) << cut;
    ASSERT_EQ(parsed.consumed, good.size());
    ASSERT_EQ(parsed.request.content_length, 3u);
  }
  for (const auto& [bytes, status] : refused_heads) {
    RequestParser parser;
    Parsed parsed;
    for (std::size_t i = 1; i <= bytes.size(); ++i) {
      parsed = parser.parse(std::string_view(bytes).substr(0, i));
      if (parsed.state != Parsed::State::need_more) break;
    }
    EXPECT_EQ(parsed.state, Parsed::State::error) << bytes;
    EXPECT_EQ(parsed.status, status) << bytes;
  }
}

TEST(RequestParser, ReadsPipelinedRequestsOneByOne) {
  std::string bytes;
  for (int i = 0; i < 5; ++i)
    bytes += fmt::format("GET /items/{} HTTP/1.1\r\nHost: x\r\n\r\n", i);
  RequestParser parser;
  std::string_view rest = bytes;
  for (int i = 0; i < 5; ++i) {
    const Parsed parsed = parser.parse(rest);
    ASSERT_EQ(parsed.state, Parsed::State::complete);
    EXPECT_EQ(parsed.request.target, fmt::format("/items/{}", i));
    rest.remove_prefix(parsed.consumed);
  }
  EXPECT_TRUE(rest.empty());
}

// ---- A client that hides nothing.

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
      std::this_thread::sleep_for(1ms);
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

Reply Client::receive(bool with_body) {
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

Settings gated() {
  Settings settings;
  settings.gate = true;
  return settings;
}

std::uint64_t in_flight(const Process& origin) {
  return origin.counters().in_flight.load();
}

// ---- Serving.

TEST(Origin, SendsTheSameBytesForTheSamePath) {
  Process origin;
  Client client(origin);
  for (const std::size_t bytes : {0, 1, 1024, 10966, 128 * 1024, 3'000'001}) {
    const ItemSpec item{17, 5, bytes, {}};
    const Reply reply = client.get(item_path(item));
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body.size(), bytes);
    EXPECT_EQ(digest(reply.body), digest(body_of(5, 17, bytes)));
    EXPECT_EQ(reply.header("Content-Type"), "text/plain; charset=us-ascii");
    EXPECT_EQ(reply.header("Server"), "interleave");
    EXPECT_EQ(reply.header("Connection"), "");
  }
  EXPECT_EQ(client.get("/items/9").body, body_of(1, 9, 1024));
}

TEST(Origin, FinishesALargeBodyForASlowReader) {
  Process origin;
  Client client(origin);
  constexpr std::size_t bytes = 40'000'000;
  client.ask("GET", item_path({1, 1, bytes, {}}));
  ASSERT_TRUE(eventually([&] { return in_flight(origin) == 1; }));
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(in_flight(origin), 1u);  // the kernel's buffers cannot take it all
  EXPECT_EQ(digest(client.receive().body), digest(body_of(1, 1, bytes)));
  EXPECT_TRUE(eventually([&] { return in_flight(origin) == 0; }));
}

TEST(Origin, WaitsAtLeastAsLongAsItIsAsked) {
  Process origin;
  Client client(origin);
  for (const char* spec : {"30ms", "10ms..50ms", "tail:20ms"}) {
    const ItemSpec item{3, 1, 10, parse_wait(spec)};
    const auto began = Clock::now();
    EXPECT_EQ(client.get(item_path(item)).status, 200);
    EXPECT_GE(Clock::now() - began, waiting_time(item.wait, 1, 3)) << spec;
  }
}

TEST(Origin, ItemsWaitAtTheSameTime) {
  Process origin;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 100; ++i)
    clients.push_back(std::make_unique<Client>(origin));
  const auto began = Clock::now();
  for (const auto& client : clients) client->ask("GET", "/items/1?wait=200ms");
  for (const auto& client : clients) EXPECT_EQ(client->receive().status, 200);
  // One after the other they would take 20 s.
  EXPECT_LT(Clock::now() - began, 10s);
}

TEST(Origin, AnswersPipelinedRequestsInTheirOrder) {
  Process origin;
  Client client(origin);
  std::string all;
  for (std::uint64_t id = 0; id < 2'000; ++id)
    all += "GET " + item_path({id, 1, 20, parse_wait(id % 500 ? "0" : "5ms")}) +
           " HTTP/1.1\r\nHost: x\r\n\r\n";
  client.send(all);
  for (std::uint64_t id = 0; id < 2'000; ++id)
    ASSERT_EQ(client.receive().body, body_of(1, id, 20)) << id;
  EXPECT_EQ(origin.counters().requests.load(), 2'000u);
}

TEST(Origin, KeepsWhatArrivesWhileAReplyWaits) {
  Process origin;
  Client client(origin);
  client.ask("GET", "/items/1?wait=50ms&bytes=10");
  ASSERT_TRUE(eventually([&] { return in_flight(origin) == 1; }));
  client.send("PUT /items/2 HTTP/1.1\r\nHost: x\r\nCont");
  std::this_thread::sleep_for(5ms);
  client.send("ent-Length: 6\r\n\r\nabc");
  EXPECT_EQ(client.receive().body, body_of(1, 1, 10));
  client.send("defGET /items/3?bytes=10 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(json::parse(client.receive().body)["digest"],
            fmt::format("{:016x}", digest("abcdef")));
  EXPECT_EQ(client.receive().body, body_of(1, 3, 10));
}

TEST(Origin, UnderstandsARequestHoweverItsBytesArrive) {
  Process origin;
  Client client(origin);
  const std::string request =
      "PUT /items/1 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc";
  for (std::size_t cut = 1; cut < request.size(); ++cut) {
    client.send(request.substr(0, cut));
    std::this_thread::sleep_for(200us);
    client.send(request.substr(cut));
    ASSERT_EQ(json::parse(client.receive().body)["bytes"], 3) << cut;
  }
}

TEST(Origin, HeadSaysTheSameWithoutTheBody) {
  Process origin;
  Client client(origin);
  for (const char* path : {"/items/1?bytes=500", "/", "/nowhere"}) {
    client.ask("GET", path);
    const std::string head = client.receive().head;
    client.ask("HEAD", path);
    EXPECT_EQ(client.receive(false).head, head) << path;
  }
  EXPECT_EQ(client.get("/items/1?bytes=5").body, body_of(1, 1, 5));
}

TEST(Origin, PutSaysWhatCame) {
  Process origin;
  Client client(origin);
  for (const std::size_t bytes : {0, 1, 5'000, 7'000'000}) {
    const std::string body = body_of(9, 9, bytes);
    client.ask("PUT", "/items/1", fmt::format("Content-Length: {}\r\n", bytes),
               body);
    const Reply reply = client.receive();
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.header("Content-Type"), "application/json");
    const json said = json::parse(reply.body);
    EXPECT_EQ(said["bytes"], bytes);
    EXPECT_EQ(said["digest"], fmt::format("{:016x}", digest(body)));
  }
  EXPECT_GT(origin.counters().bytes_received.load(), 7'005'001u);
  EXPECT_EQ(origin.counters().requests.load(), 4u);
}

TEST(Origin, AsksForTheBodyThatIsExpected) {
  Process origin;
  Client client(origin);
  client.get("/items/1");  // so that an earlier reply cannot leak into this one
  client.ask("PUT", "/items/1",
             "Content-Length: 3\r\nExpect: 100-continue\r\n");
  const Reply interim = client.receive();
  EXPECT_EQ(interim.head, "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_TRUE(client.quiet_for(20ms));
  client.send("abc");
  EXPECT_EQ(json::parse(client.receive().body)["bytes"], 3);

  // A client that does not wait for it gets no interim reply.
  client.ask("PUT", "/items/1", "Content-Length: 3\r\nExpect: 100-continue\r\n",
             "abc");
  EXPECT_EQ(client.receive().status, 200);
}

TEST(Origin, RefusesAnExpectedBodyBeforeItComes) {
  Process origin;
  Client client(origin);
  client.ask("PUT", "/nowhere",
             "Content-Length: 3\r\nExpect: 100-continue\r\n");
  const Reply reply = client.receive();
  EXPECT_EQ(reply.status, 404);
  EXPECT_EQ(reply.header("Connection"), "close");
  EXPECT_TRUE(client.ended());
}

TEST(Origin, SkipsTheBodyOfARequestItCannotServe) {
  Process origin;
  Client client(origin);
  client.ask("POST", "/items/1", "Content-Length: 100000\r\n",
             std::string(100'000, 'x'));
  EXPECT_EQ(client.receive().status, 405);
  EXPECT_EQ(client.get("/items/1?bytes=3").body, body_of(1, 1, 3));
}

TEST(Origin, SaysWhichMethodsItServes) {
  Process origin;
  Client client(origin);
  const std::array<const char*, 3> cases[] = {
      {"POST", "/items/1", "GET, HEAD, PUT"},
      {"DELETE", "/items/1", "GET, HEAD, PUT"},
      {"PUT", "/stats", "GET, HEAD, DELETE"},
      {"PUT", "/", "GET, HEAD"},
      {"get", "/items/1", "GET, HEAD, PUT"}};
  for (const auto& [method, path, allowed] : cases) {
    client.ask(method, path);
    const Reply reply = client.receive();
    EXPECT_EQ(reply.status, 405) << method << path;
    EXPECT_EQ(reply.header("Allow"), allowed);
  }
  EXPECT_EQ(client.get("/items/1").header("Allow"), "");
}

TEST(Origin, ExplainsItself) {
  Process origin;
  Client client(origin);
  EXPECT_NE(client.get("/").body.find("/items/17"), std::string::npos);
  const Reply lost = client.get("/item/1");
  EXPECT_EQ(lost.status, 404);
  EXPECT_NE(lost.body.find("'/item/1'"), std::string::npos);
  const Reply wrong = client.get("/items/1?wait=5");
  EXPECT_EQ(wrong.status, 400);
  EXPECT_EQ(wrong.body, "wait: '5' has no unit: write 5ms or 5s\n");
  EXPECT_EQ(client.get("/gated/1").status, 404);  // nobody asked for a gate
}

TEST(Origin, NeverEchoesHostileBytes) {
  Process origin;
  Client client(origin);
  const std::string hostile = "<script>\"'&alert(1)</script>";
  for (const std::string& path :
       {"/" + hostile, "/items/" + hostile, "/items/1?" + hostile + "=1",
        "/items/1?wait=" + hostile}) {
    const std::string body = client.get(path).body;
    EXPECT_EQ(body.find('<'), std::string::npos) << body;
    EXPECT_NE(body.find("\\x3c"), std::string::npos) << body;
  }
}

TEST(Origin, ClosesAfterBytesItCannotTrust) {
  Process origin;
  for (const auto& [bytes, status] : refused_heads) {
    Client client(origin);
    client.send(bytes + std::string(200'000, 'x'));
    const Reply reply = client.receive();
    EXPECT_EQ(reply.status, status) << bytes;
    EXPECT_EQ(reply.header("Connection"), "close");
    EXPECT_TRUE(client.ended()) << bytes;
    // Not reset: that could destroy the reply before it is read.
    EXPECT_TRUE(client.send("more") && client.send("and more")) << bytes;
  }
  EXPECT_EQ(origin.counters().requests.load(), 0u);
}

TEST(Origin, RefusesHeadsThatAreTooLong) {
  Process origin;
  Client lines(origin), headers(origin);
  lines.ask("GET", "/" + std::string(10'000, 'a'));
  EXPECT_EQ(lines.receive().status, 414);
  headers.ask("GET", "/", "A: " + std::string(20'000, 'a') + "\r\n");
  EXPECT_EQ(headers.receive().status, 431);
}

TEST(Origin, ClosesWhenTheClientWantsThat) {
  Process origin;
  Client old(origin), polite(origin);
  old.send("GET /items/1?bytes=3 HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.receive().body, body_of(1, 1, 3));
  EXPECT_TRUE(old.ended());
  polite.ask("GET", "/items/1?bytes=3", "Connection: close\r\n");
  EXPECT_EQ(polite.receive().header("Connection"), "close");
  EXPECT_TRUE(polite.ended());
}

// ---- Images and books.

TEST(Media, PathsAreReadBackAsTheyAreWritten) {
  const ImageSpec image{7, 3, 64, 48, parse_wait("1ms..2ms")};
  EXPECT_EQ(image_path(image),
            "/images/7?seed=3&width=64&height=48&wait=1ms..2ms");
  EXPECT_EQ(parse_image_path(image_path(image)), image);
  const UploadSpec upload{image, 16};
  EXPECT_EQ(parse_upload_path(upload_path(upload)), upload);
  EXPECT_TRUE(is_upload_path(upload_path(upload)));
  EXPECT_FALSE(is_upload_path(image_path(image)));
  for (const double hits : {0.0, 0.25, 1.0 / 3, 1.0}) {
    const BookSpec book{"0123456789", 5, hits, parse_wait("tail:5ms")};
    EXPECT_EQ(parse_books_path(books_path(book)), book) << books_path(book);
  }
  EXPECT_EQ(parse_books_path("/api/books?bibkeys=ISBN%3A0123456789").isbn,
            "0123456789");
}

TEST(OriginImages, AreThoseThatAreKnownBeforehand) {
  Process origin;
  Client client(origin);
  for (const std::uint64_t id : {1, 2, 1}) {
    const Reply reply = client.get(image_path({id, 9, 300, 200, {}}));
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.header("Content-Type"), "image/png");
    EXPECT_EQ(digest(reply.body), digest(make_image(9, id, 300, 200)));
  }
  client.ask("HEAD", image_path({1, 9, 300, 200, {}}));
  const Reply head = client.receive(false);
  EXPECT_EQ(std::stoul(head.header("Content-Length")),
            make_image(9, 1, 300, 200).size());
  const auto began = Clock::now();
  client.get("/images/1?wait=30ms");
  EXPECT_GE(Clock::now() - began, 30ms);
}

Reply upload(Client& client, const UploadSpec& spec, const std::string& png) {
  client.ask("PUT", upload_path(spec),
             fmt::format("Content-Length: {}\r\n", png.size()), png);
  return client.receive();
}

std::string shrunk(const UploadSpec& spec) {
  const ImageSpec& image = spec.image;
  return encode_image(shrink(
      decode_image(make_image(image.seed, image.id, image.width, image.height)),
      spec.edge));
}

TEST(OriginImages, VerifyWhatIsUploaded) {
  Process origin;
  Client client(origin);
  const UploadSpec wanted{{4, 1, 200, 100, {}}, 50};
  const std::string png = shrunk(wanted);
  EXPECT_EQ(upload(client, wanted, png).status, 201);
  EXPECT_EQ(upload(client, wanted, png).status, 201);
  EXPECT_EQ(origin.counters().uploads_verified.load(), 2u);

  Image wrong = decode_image(png);
  wrong.pixels[wrong.pixels.size() / 2] ^= 1;
  const std::pair<std::string, const char*> refused[] = {
      {shrunk({{5, 1, 200, 100, {}}, 50}), "the pixels are not those"},
      {encode_image(wrong), "the pixels are not those"},
      {make_image(1, 4, 200, 100), "not a PNG of 50 x 25 pixels"},
      {png.substr(0, png.size() / 2), ""},
      {"GIF89a", "not a PNG"},
      {"", "not a PNG"}};
  for (const auto& [body, why] : refused) {
    const Reply reply = upload(client, wanted, body);
    EXPECT_EQ(reply.status, 422);
    EXPECT_NE(reply.body.find(why), std::string::npos) << reply.body;
  }
  EXPECT_EQ(origin.counters().uploads_verified.load(), 2u);
  EXPECT_EQ(origin.counters().connections.load(), 1u);
}

TEST(OriginImages, TakeNoUploadThatCannotBeRight) {
  Process origin;
  Client client(origin);
  const UploadSpec wanted{{4, 1, 200, 100, {}}, 50};
  client.ask("PUT", upload_path(wanted),
             fmt::format("Content-Length: {}\r\nExpect: 100-continue\r\n",
                         wanted.most_bytes() + 1));
  EXPECT_EQ(client.receive().status, 413);
  EXPECT_TRUE(client.ended());
  // Noise hardly packs, and still fits.
  const UploadSpec whole{{1, 1, 1, 1, {}}, 1};
  Client other(origin);
  EXPECT_LE(shrunk(whole).size(), whole.most_bytes());
  EXPECT_EQ(upload(other, whole, shrunk(whole)).status, 201);
}

TEST(OriginImages, ComeAndGoThroughAnItem) {
  Process origin;
  Options options;
  Session session(options);
  const UploadSpec wanted{{4, 1, 200, 100, {}}, 50};
  Item item;
  item.url = origin.url(image_path(wanted.image));
  item.work = shrink_image;
  item.argument = "50";
  item.then = origin.url(upload_path(wanted));
  const Result result = run_item(item, session);
  EXPECT_EQ(result.status, Status::completed) << result.error.text;
  EXPECT_EQ(origin.counters().uploads_verified.load(), 1u);
  item.argument = "49";
  EXPECT_EQ(run_item(item, session).error.kind, ErrorKind::http);
}

TEST(OriginBooks, AreThoseOfTheCatalogue) {
  Process origin;
  Client client(origin);
  for (const double hits : {0.0, 0.5, 1.0}) {
    for (int i = 0; i < 10; ++i) {
      const BookSpec book{fmt::format("012345678{}", i), 3, hits, {}};
      const Reply reply = client.get(books_path(book));
      EXPECT_EQ(reply.header("Content-Type"), "application/json");
      EXPECT_EQ(reply.body, catalogue_reply(3, book.isbn, hits));
    }
  }
}

TEST(OriginMedia, SayWhatIsWrongWithAQuestion) {
  Process origin;
  Client client(origin);
  const std::pair<const char*, const char*> cases[] = {
      {"/images/x", "image 'x' is not a whole number"},
      {"/images/1?width=0", "width: '0' is not a whole number from 1 to 2048"},
      {"/images/1?height=2049", "height: '2049'"},
      {"/images/1?edge=4", "unknown parameter 'edge'"},
      {"/images/1?wait=5", "wait: '5' has no unit"},
      {"/api/books", "bibkeys is missing"},
      {"/api/books?bibkeys=1234567890", "bibkeys: '1234567890' is not ISBN:"},
      {"/api/books?bibkeys=ISBN:123456789X", "is not ISBN: and ten digits"},
      {"/api/books?bibkeys=ISBN:0123456789&format=xml", "format: 'xml'"},
      {"/api/books?bibkeys=ISBN:0123456789&hits=1.5", "hits: '1.5' is not"},
      {"/api/books?bibkeys=ISBN:0123456789&hits=nan", "hits: 'nan' is not"}};
  for (const auto& [path, why] : cases) {
    const Reply reply = client.get(path);
    EXPECT_EQ(reply.status, 400) << path;
    EXPECT_NE(reply.body.find(why), std::string::npos) << reply.body;
  }
  client.ask("PUT", "/images/1/small?edge=0", "Content-Length: 1\r\n", "x");
  EXPECT_EQ(client.receive().status, 400);
  EXPECT_EQ(client.get("/images/1/small").header("Allow"), "PUT");
  client.ask("PUT", "/images/1");
  EXPECT_EQ(client.receive().header("Allow"), "GET, HEAD");
}

// ---- Failing on purpose.

TEST(Faults, AreFoundByTheirNames) {
  ASSERT_FALSE(faults().empty());
  for (const Fault& fault : faults()) {
    EXPECT_EQ(find_fault(fault.name), &fault);
    EXPECT_EQ(parse_fault(fault.name).kind, fault.kind);
    EXPECT_NE(fault_names().find(fault.name), std::string::npos);
  }
  EXPECT_EQ(find_fault("resett"), nullptr);
  EXPECT_EQ(refusal([] { parse_fault("resett"); }),
            "no fault is called 'resett': there are " + fault_names());
}

TEST(Faults, PathsAreReadBackAsTheyAreWritten) {
  for (const Fault& fault : faults()) {
    const FaultSpec spec{fault.kind,
                         404 + 96 * (fault.name != "status"),
                         {17, 3, 999, parse_wait("1ms..2ms")}};
    EXPECT_EQ(parse_fault_path(fault_path(spec)), spec) << fault_path(spec);
  }
  EXPECT_EQ(parse_fault_path("/fault/status/503")->status, 503);
  EXPECT_EQ(parse_fault_path("/fault/status")->status, 500);
  EXPECT_EQ(parse_fault_path("/fault/nonsense?bytes=1"), std::nullopt);
}

TEST(Faults, SayWhichParameterIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"/fault/reset?size=1",
       "unknown parameter 'size': there are id, bytes, "
       "wait and seed"},
      {"/fault/reset?id=x", "id: 'x' is not a whole number"},
      {"/fault/truncated?bytes=1", "bytes: a body to spoil has 2 or more"},
      {"/fault/status/200", "status '200' is not a whole number from 400"},
      {"/fault/status/", "status ''"},
      {"/fault/reset/404", "no fault is called 'reset/404'"}};
  for (const auto& [target, why] : cases) {
    const std::string said = refusal([&] { parse_fault_path(target); });
    EXPECT_NE(said.find(why), std::string::npos) << target << ": " << said;
  }
}

/// What a client that asks for a fault gets, all of it.
std::string broken(Client& client, const std::string& path) {
  client.ask("GET", "/fault/" + path);
  return client.all();
}

std::string body_after_head(const std::string& reply) {
  return reply.substr(reply.find("\r\n\r\n") + 4);
}

TEST(OriginFaults, CloseOrResetBeforeTheReply) {
  Process origin;
  Client closed(origin), reset(origin);
  EXPECT_EQ(broken(closed, "closed"), "");
  EXPECT_FALSE(closed.was_reset());
  EXPECT_EQ(broken(reset, "reset"), "");
  EXPECT_TRUE(reset.was_reset());
}

TEST(OriginFaults, CutABodyShort) {
  Process origin;
  const std::string half = body_of(1, 3, 500);
  const std::string query = "?id=3&bytes=1000";
  Client announced(origin), chunked(origin), silent(origin), reset(origin);

  const std::string reply = broken(announced, "truncated" + query);
  EXPECT_NE(reply.find("\r\nContent-Length: 1000\r\n"), std::string::npos);
  EXPECT_EQ(body_after_head(reply), half);
  EXPECT_FALSE(announced.was_reset());
  EXPECT_EQ(body_after_head(broken(chunked, "truncated-chunked" + query)),
            "3e8\r\n" + half);
  const std::string unknown = broken(silent, "truncated-no-length" + query);
  EXPECT_EQ(unknown.find("Content-Length"), std::string::npos);
  EXPECT_EQ(body_after_head(unknown), half);
  broken(reset, "reset-in-body" + query);
  EXPECT_TRUE(reset.was_reset());
}

TEST(OriginFaults, SendWhatIsNotHttp) {
  Process origin;
  Client other(origin), chunk(origin), lengths(origin);
  EXPECT_FALSE(broken(other, "not-http").starts_with("HTTP/"));
  EXPECT_TRUE(
      body_after_head(broken(chunk, "bad-chunk")).starts_with("cheese"));
  const std::string reply = broken(lengths, "conflicting-lengths?bytes=100");
  EXPECT_NE(reply.find("\r\nContent-Length: 50\r\n"), std::string::npos);
  EXPECT_NE(reply.find("\r\nContent-Length: 100\r\n"), std::string::npos);
}

TEST(OriginFaults, FallSilentUntilTheClientLeaves) {
  Process origin;
  Client stall(origin), middle(origin);
  stall.ask("GET", "/fault/stall");
  middle.ask("GET", "/fault/stall-in-body?bytes=1000");
  EXPECT_EQ(middle.receive(false).header("Content-Length"), "1000");
  EXPECT_EQ(middle.first(500), body_of(1, 0, 500));
  EXPECT_TRUE(stall.quiet_for(50ms) && middle.quiet_for(50ms));
  EXPECT_EQ(in_flight(origin), 2u);
  stall.leave();
  middle.leave();
  EXPECT_TRUE(eventually([&] { return in_flight(origin) == 0; }));
}

TEST(OriginFaults, DripByteByByte) {
  Process origin;
  Client client(origin);
  client.ask("GET", "/fault/drip?id=2");
  const std::string head = client.receive().head;
  EXPECT_EQ(head.find("Content-Length"), std::string::npos);
  const auto began = Clock::now();
  EXPECT_EQ(client.first(4), body_of(1, 2, 4));
  EXPECT_GE(Clock::now() - began, 100ms);  // two pauses of three, at least
  client.leave();
  EXPECT_TRUE(eventually([&] { return in_flight(origin) == 0; }));
}

TEST(OriginFaults, SpoilOneByteOfARightLength) {
  Process origin;
  Client client(origin);
  for (const std::size_t bytes : {2, 1000, 300'001}) {
    std::string body =
        client.get(fmt::format("/fault/corrupt?bytes={}&id=9", bytes)).body;
    ASSERT_EQ(body.size(), bytes);
    EXPECT_NE(body, body_of(1, 9, bytes));
    body[bytes / 2] ^= 1;
    EXPECT_EQ(body, body_of(1, 9, bytes));
  }
}

TEST(OriginFaults, AnswerWithAStatusAndStayConnected) {
  Process origin;
  Client client(origin);
  for (const int status : {400, 404, 500, 503, 599})
    EXPECT_EQ(client.get(fmt::format("/fault/status/{}", status)).status,
              status);
  EXPECT_EQ(client.get("/fault/status").status, 500);
  EXPECT_EQ(origin.counters().connections.load(), 1u);
}

TEST(OriginFaults, LeadToWhereTheyShould) {
  Process origin;
  Client client(origin);
  const auto leads = [&](const std::string& path) {
    const Reply reply = client.get("/fault/" + path);
    EXPECT_EQ(reply.status, 302) << path;
    return reply.header("Location");
  };
  EXPECT_EQ(leads("redirect-ok?id=4&bytes=9&wait=1ms"),
            "/items/4?bytes=9&wait=0&seed=1");
  EXPECT_EQ(leads("redirect-host?id=4&bytes=9"),
            fmt::format("http://localhost:{}/items/4?bytes=9&wait=0&seed=1",
                        origin.port()));
  EXPECT_TRUE(leads("redirect-file").starts_with("file:///"));
  EXPECT_EQ(leads("redirect-ftp"),
            fmt::format("ftp://127.0.0.1:{}/", origin.port()));
  const std::string loop = leads("redirect-loop?id=4");
  EXPECT_EQ(leads(loop.substr(std::string("/fault/").size())), loop);
  EXPECT_EQ(leads("refused"), origin.refused_url());
}

TEST(OriginFaults, SendTheItemAndSpoilItsConnection) {
  Process origin;
  const std::string item = body_of(1, 3, 70'000);
  const std::string query = "?id=3&bytes=70000";
  Client after(origin), next(origin), twice(origin);
  const std::string reply = broken(after, "closed-after" + query);
  EXPECT_EQ(body_after_head(reply), item);
  EXPECT_EQ(reply.find("Connection: close"), std::string::npos);

  EXPECT_EQ(next.get("/fault/closed-next" + query).body, item);
  EXPECT_TRUE(next.quiet_for(50ms));
  next.ask("GET", "/items/1");
  EXPECT_EQ(next.all(), "");
  EXPECT_EQ(origin.counters().requests, 3u);

  EXPECT_EQ(twice.get("/fault/unsolicited" + query).body, item);
  EXPECT_EQ(twice.receive().body, "stray");
  EXPECT_EQ(twice.get("/items/3?bytes=70000").body, item);
}

TEST(OriginFaults, HoldAPortWhereNobodyListens) {
  Process origin, other;
  EXPECT_NE(origin.refused_url(), other.refused_url());
  const std::string url = origin.refused_url();
  const int port = std::stoi(url.substr(url.rfind(':') + 1));
  EXPECT_THROW(Client client(static_cast<std::uint16_t>(port)),
               std::runtime_error);
  Settings settings;
  settings.port = static_cast<std::uint16_t>(port);
  EXPECT_THROW(Process third(settings), std::runtime_error);
}

/// How many bytes a whole gzip stream stands for; throws if it is broken.
std::uint64_t inflated(std::string stream) {
  z_stream unzip{};
  inflateInit2(&unzip, 16 + MAX_WBITS);
  std::vector<Bytef> out(1 << 20);
  unzip.next_in = reinterpret_cast<Bytef*>(stream.data());
  unzip.avail_in = static_cast<uInt>(stream.size());
  int state = Z_OK;
  while (state == Z_OK) {
    unzip.next_out = out.data();
    unzip.avail_out = static_cast<uInt>(out.size());
    state = inflate(&unzip, Z_NO_FLUSH);
  }
  const std::uint64_t bytes = unzip.total_out;
  inflateEnd(&unzip);
  if (state != Z_STREAM_END || unzip.avail_in != 0)
    throw std::runtime_error("not a whole gzip stream");
  return bytes;
}

TEST(OriginFaults, SendABombThatIsRealGzip) {
  Process origin;
  Client client(origin);
  const Reply reply = client.get("/fault/bomb");
  EXPECT_EQ(reply.header("Content-Encoding"), "gzip");
  EXPECT_LT(reply.body.size(), 1u << 20);
  EXPECT_EQ(inflated(reply.body), 512ull << 20);
  // Always longer than what it stands in for, so that it cannot be mistaken.
  EXPECT_GT(client.get("/fault/bomb?bytes=1500000").body.size(), 1'500'000u);
}

TEST(OriginFaults, AreListedWhereTheKindIsUnknown) {
  Process origin;
  Client client(origin);
  for (const char* path : {"/fault/", "/fault/nonsense", "/fault/Reset"}) {
    const Reply reply = client.get(path);
    EXPECT_EQ(reply.status, 404);
    EXPECT_NE(reply.body.find(fault_names()), std::string::npos) << reply.body;
  }
  EXPECT_EQ(client.get("/fault/truncated?bytes=1").status, 400);
  client.ask("DELETE", "/fault/reset");
  EXPECT_EQ(client.receive().header("Allow"), "GET, PUT");
  const std::string help = client.get("/").body;
  for (const Fault& fault : faults())
    EXPECT_NE(help.find(fault.name), std::string::npos) << fault.name;
}

TEST(OriginFaults, WaitAndTakeAnUploadFirst) {
  Process origin;
  Client client(origin);
  client.ask("PUT", "/fault/status/503?wait=30ms", "Content-Length: 100000\r\n",
             std::string(50'000, 'x'));
  EXPECT_TRUE(client.quiet_for(20ms));
  const auto began = Clock::now();
  client.send(std::string(50'000, 'x'));
  EXPECT_EQ(client.receive().status, 503);
  EXPECT_GE(Clock::now() - began, 30ms);
}

/// A line of /proc/PID/status, in KiB.
std::uint64_t memory_of(pid_t pid, const std::string& name) {
  std::ifstream status(fmt::format("/proc/{}/status", pid));
  for (std::string word; status >> word;) {
    std::uint64_t value = 0;
    if (word == name + ":" && status >> value) return value;
  }
  throw std::runtime_error("no " + name);
}

std::ptrdiff_t descriptors_of(pid_t pid) {
  const std::filesystem::directory_iterator all(
      fmt::format("/proc/{}/fd", pid));
  return std::distance(begin(all), end(all));
}

TEST(OriginFaults, CostTheOriginNeitherMemoryNorDescriptors) {
  Process origin;
  Client(origin).get("/items/1");
  ASSERT_TRUE(eventually([&] { return origin.counters().open == 0; }));
  const std::ptrdiff_t descriptors = descriptors_of(origin.pid());
  const std::uint64_t memory = memory_of(origin.pid(), "VmRSS");
  for (const Fault& fault : faults()) {
    for (int i = 0; i < 20; ++i) {
      Client client(origin);
      client.ask("GET", fmt::format("/fault/{}?bytes=200000000", fault.name),
                 "Connection: close\r\n");
      if (fault.kind == FaultKind::stall) continue;
      client.first(fault.kind == FaultKind::drip ? 1 : 150'000);
    }
  }
  EXPECT_TRUE(eventually([&] { return origin.counters().open == 0; }));
  EXPECT_TRUE(eventually([&] {
    return descriptors_of(origin.pid()) <= descriptors;
  })) << descriptors
      << ", and then " << descriptors_of(origin.pid());
  EXPECT_EQ(origin.counters().requests.load(), 20 * faults().size() + 1);
  EXPECT_LT(memory_of(origin.pid(), "VmHWM"), memory + 64 * 1024);
}

// ---- What our own client makes of it.

class ClientOfFaults : public testing::TestWithParam<Fault> {
 protected:
  static Item item_of(const Process& origin, const FaultSpec& fault) {
    const std::string body =
        body_of(fault.item.seed, fault.item.id, fault.item.bytes);
    Item item;
    item.url = origin.url(fault_path(fault));
    item.expected = Expected{body.size(), digest(body)};
    return item;
  }
};

TEST_P(ClientOfFaults, SaysWhatItWas) {
  const Fault& fault = GetParam();
  Process origin;
  Options options;
  options.timeout = fault.error == ErrorKind::timeout ? 300ms : 30s;
  options.max_body = 8 << 20;
  Session session(options);
  // On a fresh connection, and on one that has carried a request.
  for (int i = 0; i < 2; ++i) {
    const Item item =
        item_of(origin, {fault.kind, 500, {5, 1, 10'966, parse_wait("1ms")}});
    const Result result = run_item(item, session);
    EXPECT_EQ(to_string(result.error.kind), to_string(fault.error))
        << result.error.text;
    EXPECT_EQ(result.status, fault.error == ErrorKind::none ? Status::completed
                                                            : Status::failed);
    Item good;
    good.url = origin.url("/items/1?bytes=10");
    EXPECT_EQ(run_item(good, session).status, Status::completed);
  }
  EXPECT_TRUE(eventually([&] { return in_flight(origin) == 0; }));
}

INSTANTIATE_TEST_SUITE_P(Every, ClientOfFaults,
                         testing::ValuesIn(faults().begin(), faults().end()),
                         [](const auto& param) {
                           std::string name(param.param.name);
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

TEST(ClientWithoutServer, IsRefusedWhereNobodyListens) {
  Process origin;
  Options options;
  Session session(options);
  Item item;
  item.url = origin.refused_url();
  EXPECT_EQ(run_item(item, session).error.kind, ErrorKind::refused);
}

// ---- Counting.

TEST(OriginCounters, CountRequestsConnectionsAndBytes) {
  Process origin;
  const Counters& counters = origin.counters();
  Client first(origin), second(origin), idle(origin);
  std::size_t sent = 0, received = 0;
  for (Client* client : {&first, &first, &second}) {
    const std::string request = "GET /items/1 HTTP/1.1\r\nHost: x\r\n\r\n";
    client->send(request);
    const Reply reply = client->receive();
    received += request.size();
    sent += reply.head.size() + reply.body.size();
  }
  EXPECT_TRUE(eventually([&] { return in_flight(origin) == 0; }));
  EXPECT_EQ(counters.requests.load(), 3u);
  EXPECT_EQ(counters.connections.load(), 2u);
  EXPECT_EQ(counters.bytes_sent.load(), sent);
  EXPECT_EQ(counters.bytes_received.load(), received);
  EXPECT_EQ(counters.peak_in_flight.load(), 1u);
}

TEST(OriginCounters, KnowTheMostThatWereInFlight) {
  Process origin(gated());
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 40; ++i) {
    clients.push_back(std::make_unique<Client>(origin));
    clients.back()->ask("GET", fmt::format("/gated/{}", i));
  }
  ASSERT_TRUE(origin.wait_until_held((1ull << 40) - 1, 10s));
  EXPECT_EQ(in_flight(origin), 40u);
  for (std::uint64_t i = 0; i < 40; ++i) {
    origin.release(i);
    EXPECT_EQ(clients[i]->receive().status, 200);
  }
  // A client may have its reply before the origin has counted that.
  EXPECT_TRUE(eventually([&] { return in_flight(origin) == 0; }));
  EXPECT_EQ(origin.counters().peak_in_flight.load(), 40u);
  EXPECT_EQ(origin.counters().connections.load(), 40u);
}

TEST(OriginCounters, LeaveOutAConnectionUntilItsRequestComes) {
  Process origin;
  const auto began = std::chrono::steady_clock::now();
  Client silent(origin), asking(origin);
  EXPECT_EQ(asking.get("/items/1?bytes=3").body, body_of(1, 1, 3));
  const std::uint64_t open = origin.counters().open;
  if (std::chrono::steady_clock::now() - began > 500ms)
    GTEST_SKIP() << "too slow to tell: after a second the kernel lets it in";
  EXPECT_EQ(open, 1u);
  EXPECT_EQ(silent.get("/items/1?bytes=3").body, body_of(1, 1, 3));
  EXPECT_EQ(origin.counters().open, 2u);
}

TEST(OriginCounters, KnowTheMostThatWereOpen) {
  Process origin;
  const Counters& counters = origin.counters();
  {
    Client first(origin), second(origin), idle(origin);
    EXPECT_TRUE(eventually([&] { return counters.open.load() == 3; }));
  }
  EXPECT_TRUE(eventually([&] { return counters.open.load() == 0; }));
  EXPECT_EQ(counters.peak_open.load(), 3u);
  Client client(origin);
  ASSERT_TRUE(eventually([&] { return counters.open.load() == 1; }));
  origin.counters().reset();
  EXPECT_EQ(counters.peak_open.load(), 1u);
  const json stats = json::parse(client.get("/stats").body);
  EXPECT_EQ(stats["open"], 1);
  EXPECT_EQ(stats["peak_open"], 1);
  EXPECT_EQ(stats["uploads_verified"], 0);
}

TEST(OriginCounters, AreServedAsJsonWithoutBeingCounted) {
  Process origin;
  Client client(origin), reader(origin);
  client.get("/items/1");
  for (int i = 0; i < 2; ++i) {
    const json stats = json::parse(reader.get("/stats").body);
    EXPECT_EQ(stats["schema"], "interleave/origin-stats/v1");
    EXPECT_EQ(stats["requests"], 1);
    EXPECT_EQ(stats["connections"], 1);
    EXPECT_EQ(stats["in_flight"], 0);
    EXPECT_EQ(stats["peak_in_flight"], 1);
    EXPECT_EQ(stats["bytes_sent"], origin.counters().bytes_sent.load());
    EXPECT_GT(stats["bytes_received"], 20);
    EXPECT_GT(stats["cpu_ns"], 0);
  }
}

void expect_fresh_counts(Process& origin, Client& client) {
  const Counters& counters = origin.counters();
  EXPECT_EQ(counters.requests.load(), 0u);
  EXPECT_EQ(counters.connections.load(), 0u);
  EXPECT_EQ(counters.peak_in_flight.load(), 0u);
  EXPECT_EQ(counters.bytes_sent.load(), 0u);
  EXPECT_EQ(counters.bytes_received.load(), 0u);
  client.get("/items/1");
  client.get("/items/2");
  EXPECT_EQ(counters.requests.load(), 2u);
  // The connection was open before, and carried requests after the reset.
  EXPECT_EQ(counters.connections.load(), 1u);
}

TEST(OriginCounters, CountFromZeroAfterAReset) {
  Process origin;
  Client client(origin), reader(origin);
  client.get("/items/1");
  reader.ask("DELETE", "/stats");
  const Reply reply = reader.receive();
  EXPECT_EQ(reply.status, 204);
  EXPECT_EQ(reply.header("Content-Length"), "");
  expect_fresh_counts(origin, client);

  ASSERT_TRUE(eventually([&] { return in_flight(origin) == 0; }));
  origin.counters().reset();  // in shared memory, without a request
  expect_fresh_counts(origin, client);
}

TEST(OriginCounters, AResetNeverLosesWhatIsInFlight) {
  Process origin(gated());
  Client client(origin);
  client.ask("GET", "/gated/1");
  ASSERT_TRUE(origin.wait_until_held(1u << 1, 10s));
  origin.counters().reset();
  EXPECT_EQ(in_flight(origin), 1u);
  EXPECT_EQ(origin.counters().peak_in_flight.load(), 1u);
  origin.release(1);
  client.receive();
  EXPECT_TRUE(eventually([&] { return in_flight(origin) == 0; }));
}

TEST(OriginCounters, SeeAClientLeaveWhileItsReplyWaits) {
  Process origin;
  Client leaving(origin), resetting(origin), half(origin), staying(origin);
  for (Client* client : {&leaving, &resetting, &half, &staying})
    client->ask("GET", "/items/1?wait=9m");
  ASSERT_TRUE(eventually([&] { return in_flight(origin) == 4; }));
  leaving.leave();
  resetting.reset();
  half.end_of_input();
  EXPECT_TRUE(eventually([&] { return in_flight(origin) == 1; }));
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(in_flight(origin), 1u);
  EXPECT_EQ(origin.counters().requests.load(), 4u);
}

TEST(OriginCounters, SeeAClientLeaveInTheMiddleOfABody) {
  Process origin;
  Client up(origin), down(origin);
  up.ask("PUT", "/items/1", "Content-Length: 1000\r\n", "only this");
  down.ask("GET", "/items/1?bytes=1GiB");
  ASSERT_TRUE(eventually([&] { return in_flight(origin) == 2; }));
  up.leave();
  down.leave();
  EXPECT_TRUE(eventually([&] { return in_flight(origin) == 0; }));
}

TEST(OriginCounters, CpuTimeIsReadFromOutside) {
  Process origin;
  const auto before = origin.cpu();
  Client client(origin);
  client.get("/items/1?bytes=64MiB");
  const auto after = origin.cpu();
  EXPECT_GT(after, before);
  std::this_thread::sleep_for(100ms);
  EXPECT_LT(origin.cpu() - after, 50ms);  // an idle origin costs nothing
}

// ---- The gate.

TEST(OriginGate, RepliesComeInTheOrderTheyAreReleased) {
  Process origin(gated());
  std::array<std::unique_ptr<Client>, 3> clients;
  const std::array<std::uint64_t, 3> ids{0, 5, 63};
  for (std::size_t i = 0; i < 3; ++i) {
    clients[i] = std::make_unique<Client>(origin);
    clients[i]->ask("GET", gated_path({ids[i], 1, 10, {}}));
  }
  const std::uint64_t all = 1ull << 0 | 1ull << 5 | 1ull << 63;
  ASSERT_TRUE(origin.wait_until_held(all, 10s));
  EXPECT_EQ(origin.held(), all);
  for (const std::size_t i : {1, 2, 0}) {
    EXPECT_TRUE(clients[i]->quiet_for(10ms));
    origin.release(ids[i]);
    EXPECT_EQ(clients[i]->receive().body, body_of(1, ids[i], 10));
  }
  EXPECT_TRUE(eventually([&] { return origin.held() == 0; }));
}

TEST(OriginGate, ReleasesEqualIdsOneAtATime) {
  Process origin(gated());
  Client first(origin), second(origin);
  first.ask("GET", "/gated/7");
  ASSERT_TRUE(eventually([&] { return in_flight(origin) == 1; }));
  second.ask("GET", "/gated/7");
  ASSERT_TRUE(eventually([&] { return in_flight(origin) == 2; }));
  origin.release(7);
  EXPECT_EQ(first.receive().status, 200);
  EXPECT_TRUE(second.quiet_for(10ms));
  EXPECT_EQ(origin.held(), 1u << 7);
  origin.release(7);
  EXPECT_EQ(second.receive().status, 200);
}

TEST(OriginGate, ForgetsAClientThatLeft) {
  Process origin(gated());
  Client leaving(origin), staying(origin);
  leaving.ask("GET", "/gated/1");
  staying.ask("GET", "/gated/2");
  ASSERT_TRUE(origin.wait_until_held(0b110, 10s));
  leaving.leave();
  EXPECT_TRUE(eventually([&] { return origin.held() == 0b100; }));
  origin.release(1);   // nobody there
  origin.release(64);  // no such bit
  origin.release(2);
  EXPECT_EQ(staying.receive().status, 200);
}

TEST(OriginGate, ServesTheIdsItHasBitsFor) {
  Process origin(gated());
  Client client(origin);
  EXPECT_EQ(client.get("/gated/64").status, 400);
  EXPECT_FALSE(origin.wait_until_held(1, 5ms));
}

// ---- The process.

/// Tells a value from one process to another.
template <class Value>
class Pipe {
 public:
  Pipe() {
    if (pipe(ends_) != 0) throw std::runtime_error("no pipe");
  }
  ~Pipe() {
    close_writing_end();
    close(ends_[0]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  void write(const Value& value) {
    if (::write(ends_[1], &value, sizeof value) < 0) _exit(9);
  }
  /// A value of zeros at the end of the file.
  Value read() {
    Value value{};
    pollfd readable{ends_[0], POLLIN, 0};
    if (poll(&readable, 1, 10'000) != 1 ||
        ::read(ends_[0], &value, sizeof value) < 0)
      throw std::runtime_error("nothing to read");
    return value;
  }
  void close_writing_end() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  int ends_[2] = {-1, -1};
};

/// A child process that does not outlive its test, even one that fails.
class Fork {
 public:
  explicit Fork(const std::function<void()>& work) : pid_(fork()) {
    if (pid_ < 0) throw std::runtime_error("cannot fork");
    if (pid_ > 0) return;
    try {
      work();
    } catch (...) {
      _exit(1);
    }
    _exit(0);
  }
  ~Fork() { kill(SIGKILL); }
  Fork(const Fork&) = delete;
  Fork& operator=(const Fork&) = delete;

  /// Sends the signal and returns how the child ended.
  int kill(int signal) {
    if (pid_ > 0) {
      ::kill(pid_, signal);
      waitpid(pid_, &status_, 0);
    }
    pid_ = 0;
    return status_;
  }

 private:
  pid_t pid_;
  int status_ = 0;
};

bool alive(pid_t pid) {
  return kill(pid, 0) == 0;
}

TEST(OriginProcess, EndsWithItsObject) {
  pid_t pid = 0;
  {
    Process origin;
    pid = origin.pid();
    EXPECT_TRUE(alive(pid));
    EXPECT_EQ(origin.exited(), std::nullopt);
    EXPECT_EQ(origin.url("/stats"),
              fmt::format("http://127.0.0.1:{}/stats", origin.port()));
  }
  EXPECT_FALSE(alive(pid));
}

TEST(OriginProcess, DiesWithItsParent) {
  struct Pids {
    pid_t origin = 0, sibling = 0;
  };
  Pipe<Pids> pipe;
  Fork parent([&] {
    const Process origin;
    // It inherits the parent's end of the control channel, so that no end of
    // file tells the origin that it is alone.
    const pid_t sibling = fork();
    if (sibling > 0) pipe.write({origin.pid(), sibling});
    pause();
    _exit(0);
  });
  const Pids pids = pipe.read();
  ASSERT_TRUE(pids.origin > 0 && alive(pids.origin));
  parent.kill(SIGKILL);
  // Somebody else reaps it; where nobody does, a zombie has no program.
  EXPECT_TRUE(eventually([&] {
    char target;
    const std::string program = fmt::format("/proc/{}/exe", pids.origin);
    return !alive(pids.origin) || readlink(program.c_str(), &target, 1) < 0;
  }));
  kill(pids.sibling, SIGKILL);
}

TEST(OriginProcess, SaysHowItEnded) {
  Process origin;
  kill(origin.pid(), SIGKILL);
  EXPECT_TRUE(eventually([&] { return origin.exited().has_value(); }));
  EXPECT_EQ(origin.exited(), "origin exited (SIGKILL)");
  EXPECT_GT(origin.cpu(), 0ns);
  EXPECT_THROW(origin.release(1), std::runtime_error);
}

TEST(OriginProcess, DoesNotHearTheTerminal) {
  Process origin;
  kill(origin.pid(), SIGINT);
  Client client(origin);
  EXPECT_EQ(client.get("/items/1").status, 200);
}

TEST(OriginProcess, DoesNotKeepItsParentsDescriptors) {
  Pipe<char> pipe;
  const Process origin;
  pipe.close_writing_end();
  EXPECT_EQ(pipe.read(), 0);  // nobody holds the other end
}

TEST(OriginProcess, SaysThatAPortIsInUse) {
  Process origin;
  Settings settings;
  settings.port = origin.port();
  EXPECT_EQ(refusal([&] { Process second(settings); }),
            fmt::format("port {} on 127.0.0.1 is in use: choose another or "
                        "--port 0",
                        origin.port()));
  settings.address = "localhost";
  EXPECT_EQ(refusal([&] { Process second(settings); }),
            "'localhost' is not a numeric address: write 127.0.0.1");
  settings.address = "192.0.2.1";
  EXPECT_NE(refusal([&] { Process second(settings); }).find("cannot listen"),
            std::string::npos);
}

TEST(OriginProcess, ListensOnAnotherLoopbackAddress) {
  Settings settings;
  settings.address = "127.0.0.2";
  Process origin(settings);
  EXPECT_THROW(Client client(origin), std::runtime_error);  // on 127.0.0.1
  EXPECT_EQ(origin.url("/").substr(0, 17), "http://127.0.0.2:");
}

TEST(OriginProcess, ListensAtSeveralAddressesOnOnePort) {
  Settings settings;
  settings.addresses = 3;
  Process origin(settings);
  const std::string port = std::to_string(origin.port());
  EXPECT_EQ(origin.url("/"), "http://127.0.0.1:" + port + "/");
  EXPECT_EQ(origin.url("/", 2), "http://127.0.0.3:" + port + "/");
  EXPECT_EQ(origin.url("/", 3), origin.url("/")) << "they come round";
  const Options options;
  Session session(options);
  for (std::size_t nth = 0; nth < 3; ++nth) {
    Item item;
    item.url = origin.url("/items/1?bytes=10", nth);
    EXPECT_EQ(run_item(item, session).status, Status::completed) << nth;
  }
  EXPECT_EQ(origin.counters().connections, 3u);
  Item beyond;
  beyond.url = fmt::format("http://{}:{}/", nth_address("127.0.0.1", 3), port);
  EXPECT_EQ(run_item(beyond, session).error.kind, ErrorKind::refused);
}

TEST(OriginProcess, HasNoSecondAddressThatIsNoIPv4One) {
  EXPECT_EQ(nth_address("::1", 0), "::1");
  EXPECT_EQ(refusal([] { nth_address("::1", 1); }),
            "no address follows ::1: it is not an IPv4 one");
}

struct Listening {
  std::uint16_t port = 0;
  pid_t pid = 0;
};

/// CPU time that another process has used.
std::chrono::nanoseconds cpu_of(pid_t pid) {
  clockid_t clock{};
  timespec now{};
  if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &now) != 0)
    throw std::runtime_error("the process is gone");
  return std::chrono::seconds(now.tv_sec) + nanoseconds(now.tv_nsec);
}

TEST(OriginProcess, DoesNotSpinWithoutDescriptors) {
  if (under_asan)
    GTEST_SKIP() << "UBSan needs descriptors of its own to look at objects";
  Pipe<Listening> pipe;
  const Fork parent([&] {  // lowers a limit that could not be raised again
    const rlimit few{40, 40};
    setrlimit(RLIMIT_NOFILE, &few);
    const Process origin;
    pipe.write({origin.port(), origin.pid()});
    pause();
  });
  const auto [port, pid] = pipe.read();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 60; ++i)
    clients.push_back(std::make_unique<Client>(port));
  for (const auto& client : clients) client->ask("GET", "/items/1?bytes=3");

  const nanoseconds before = cpu_of(pid);
  std::this_thread::sleep_for(400ms);
  EXPECT_LT(cpu_of(pid) - before, 200ms);

  // Those that had to stay outside come in as others leave.
  for (const auto& client : clients) {
    EXPECT_EQ(client->receive().body, body_of(1, 1, 3));
    client->leave();
  }
}

TEST(OriginProcess, ServesSixteenThousandAtOnce) {
  constexpr std::size_t many = 16'000;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < many + 100)
    GTEST_SKIP() << "it takes that many descriptors here, and in the origin";
  const rlimit before = limit;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  {
    Process origin;
    std::vector<std::unique_ptr<Client>> clients;
    for (std::size_t i = 0; i < many; ++i) {
      clients.push_back(std::make_unique<Client>(origin));
      clients.back()->ask("GET", "/fault/stall");
    }
    EXPECT_TRUE(eventually([&] { return in_flight(origin) == many; }));
    EXPECT_EQ(origin.counters().peak_open.load(), many);
    EXPECT_EQ(origin.counters().peak_in_flight.load(), many);
    // Somewhat more than the kilobyte that each has to read into.
    if (!under_a_sanitizer) {
      EXPECT_LT(memory_of(origin.pid(), "VmHWM"), 160u * 1024);
    }
    clients.clear();
    EXPECT_TRUE(eventually([&] { return origin.counters().open.load() == 0; }));
  }
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST(OriginServe, RunsUntilItIsTold) {
  for (const int signal : {SIGINT, SIGTERM}) {
    Pipe<std::uint16_t> pipe;
    Fork child([&] {
      serve({}, [&](const std::string& address, std::uint16_t port) {
        pipe.write(address == "127.0.0.1" ? port : std::uint16_t{0});
      });
    });
    const std::uint16_t port = pipe.read();
    Client idle(port), waiting(port);
    EXPECT_EQ(idle.get("/items/1?bytes=3").body, body_of(1, 1, 3));
    waiting.ask("GET", "/items/1?wait=9m");
    std::this_thread::sleep_for(20ms);
    const int status = child.kill(signal);
    EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << status;
    EXPECT_TRUE(idle.ended());
    EXPECT_TRUE(waiting.ended());
  }
}

}  // namespace
}  // namespace interleave::origin
