// Counters of the origin, and the gate that holds its replies.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "bench/origin/content.hpp"
#include "tests/bench/origin/origin_client.hpp"

namespace interleave::origin {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;

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

}  // namespace
}  // namespace interleave::origin
