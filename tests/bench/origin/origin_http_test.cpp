// HTTP of the origin: its request parser and its replies.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "bench/origin/content.hpp"
#include "bench/origin/request.hpp"
#include "common/digest.hpp"
#include "tests/bench/origin/origin_client.hpp"

namespace interleave::origin {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

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
  lines.ask("GET", std::string(10'000, '/'));
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

}  // namespace
}  // namespace interleave::origin
