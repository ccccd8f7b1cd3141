// The origin with a capacity: who is served, who waits, who is refused.

#include <fmt/format.h>
#include <gtest/gtest.h>

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

Settings with(const Capacity& capacity, std::uint64_t replies = 0) {
  Settings settings;
  settings.capacity = capacity;
  settings.replies = replies;
  return settings;
}

/// Clients that have asked, each after the one before it was heard.
std::vector<std::unique_ptr<Client>> ask(Process& origin, std::size_t count,
                                         std::string_view query) {
  std::vector<std::unique_ptr<Client>> clients;
  for (std::size_t i = 0; i < count; ++i) {
    clients.push_back(std::make_unique<Client>(origin));
    clients.back()->ask("GET", fmt::format("/items/{}?{}", i, query));
    EXPECT_TRUE(
        eventually([&] { return origin.counters().requests.load() == i + 1; }));
  }
  return clients;
}

TEST(OriginCapacity, ServesNoMoreThanItsSlotsAndTheOthersInOrder) {
  Process origin(with(Capacity{.slots = 2}));
  const Clock::time_point began = Clock::now();
  const auto clients = ask(origin, 7, "bytes=3&wait=100ms");
  for (std::size_t i = 0; i < 7; ++i) {
    EXPECT_EQ(clients[i]->receive().body, body_of(1, i, 3));
    if (i == 6) continue;
    // Whoever came later is still in there, but for the other slot.
    EXPECT_GE(in_flight(origin), i == 5 ? 0 : 5 - i);
  }
  EXPECT_GE(Clock::now() - began, 400ms);
  const Counters& counters = origin.counters();
  EXPECT_EQ(counters.peak_in_service.load(), 2u);
  EXPECT_LE(counters.peak_queued.load(), 5u);
  EXPECT_GE(counters.service_ns.load(), 700'000'000u);
  EXPECT_GT(counters.queued_ns.load(), 0u);
  EXPECT_EQ(counters.refused_429 + counters.refused_503, 0u);
}

TEST(OriginCapacity, RefusesWhatTheBacklogHasNoPlaceFor) {
  Process origin(with(Capacity{.slots = 1, .backlog = 1}));
  const auto clients = ask(origin, 2, "wait=9m");
  Client third(origin);
  const Reply refused = third.get("/items/3");
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.header("Retry-After"), "");
  EXPECT_EQ(third.get("/").status, 200) << "no reply of an item";
  EXPECT_EQ(origin.counters().refused_503.load(), 1u);
  EXPECT_EQ(origin.counters().peak_queued.load(), 1u);
}

TEST(OriginCapacity, SaysWhenToComeBackAndCountsWhoComesEarlier) {
  Process origin(
      with(Capacity{.rate = 0.001, .burst = 2, .retry_after = 1500ms}));
  Client client(origin);
  EXPECT_EQ(client.get("/items/0").status, 200);
  EXPECT_EQ(client.get("/items/1").status, 200);
  const Reply refused = client.get("/items/2?bytes=7");
  EXPECT_EQ(refused.status, 429);
  EXPECT_NE(refused.head.find("429 Too Many Requests"), std::string::npos);
  EXPECT_EQ(refused.header("Retry-After"), "2") << "whole seconds, rounded up";
  EXPECT_EQ(refused.header("Retry-After-Ms"), "1500");
  EXPECT_EQ(client.get("/items/3").status, 429);
  EXPECT_EQ(origin.counters().early_retries.load(), 0u)
      << "nobody has told item 3 to wait";
  EXPECT_EQ(client.get("/items/2?bytes=7").status, 429);
  EXPECT_EQ(origin.counters().early_retries.load(), 1u);
  EXPECT_EQ(origin.counters().refused_429.load(), 3u);
  std::this_thread::sleep_for(1510ms);
  EXPECT_EQ(client.get("/items/2?bytes=7").status, 429);
  EXPECT_EQ(origin.counters().early_retries.load(), 1u) << "as it was told";
}

TEST(OriginCapacity, HasNoMoreTokensThanItsRate) {
  Process origin(with(Capacity{.rate = 200, .burst = 5}));
  Client client(origin);
  const Clock::time_point began = Clock::now();
  unsigned served = 0, asked = 0;
  while (Clock::now() - began < 200ms) {
    served += client.get(fmt::format("/items/{}?bytes=3", asked)).status == 200;
    ++asked;
  }
  const double seconds =
      std::chrono::duration<double>(Clock::now() - began).count();
  EXPECT_LE(served, 5 + 200 * seconds);
  EXPECT_GE(served, 5u);
  EXPECT_EQ(origin.counters().refused_429.load(), asked - served);
}

TEST(OriginCapacity, IsFullAgainAfterAReset) {
  Process origin(with(Capacity{.rate = 0.001, .burst = 1}));
  Client client(origin);
  for (int run = 0; run < 3; ++run) {
    EXPECT_EQ(client.get("/items/0").status, 200);
    EXPECT_EQ(client.get("/items/0").status, 429);
    ASSERT_TRUE(eventually([&] { return in_flight(origin) == 0; }));
    origin.counters().reset();
    EXPECT_EQ(origin.counters().refused_429.load(), 0u);
  }
}

TEST(OriginCapacity, LetsAWarmUpTakeNothingOfIt) {
  Process origin(with(Capacity{.rate = 0.001, .burst = 1}));
  Client client(origin);
  origin.counters().warming_up = true;
  for (int i = 0; i < 5; ++i) EXPECT_EQ(client.get("/items/0").status, 200);
  origin.counters().warming_up = false;
  EXPECT_EQ(client.get("/items/0").status, 200);
  EXPECT_EQ(client.get("/items/0").status, 429);
}

TEST(OriginCapacity, GivesTheSlotOfAClientThatLeftToTheNext) {
  Process origin(with(Capacity{.slots = 1}));
  const auto clients = ask(origin, 3, "bytes=3&wait=9m");
  Client last(origin);
  last.ask("GET", "/items/9?bytes=3");
  clients[1]->leave();
  clients[0]->leave();
  EXPECT_TRUE(last.quiet_for(10ms)) << "the third is in service";
  clients[2]->leave();
  EXPECT_EQ(last.receive().body, body_of(1, 9, 3));
}

TEST(OriginCapacity, ChangesInTheMiddleOfTheRepliesOfARun) {
  Capacity capacity;
  capacity.then.emplace();
  capacity.then->after = {.amount = 0.5, .is_share = true};
  capacity.then->rate = 0.001;
  Process origin(with(capacity, 4));
  Client client(origin);
  std::vector<int> statuses;
  for (int i = 0; i < 4; ++i)
    statuses.push_back(client.get(fmt::format("/items/{}", i)).status);
  EXPECT_EQ(statuses, (std::vector<int>{200, 200, 200, 429}));
}

TEST(OriginCapacity, LimitsFaultsImagesAndBooksToo) {
  Process origin(with(Capacity{.rate = 0.001, .burst = 4}));
  Client client(origin);
  for (const char* path :
       {"/items/1", "/fault/status/404?bytes=2", "/images/1?width=8&height=8",
        "/api/books?bibkeys=ISBN:0123456789&format=json"}) {
    EXPECT_NE(client.get(path).status, 429) << path;
  }
  for (const char* path :
       {"/items/1", "/fault/status/404?bytes=2", "/images/1?width=8&height=8",
        "/api/books?bibkeys=ISBN:0123456789&format=json"})
    EXPECT_EQ(client.get(path).status, 429) << path;
  client.ask("PUT", "/items/1", "Content-Length: 3\r\n", "abc");
  EXPECT_EQ(client.receive().status, 429);
  EXPECT_EQ(client.get("/stats").status, 200);
}

TEST(OriginCapacity, ShowsItsCountsInTheStats) {
  Process origin(with(Capacity{.slots = 1, .backlog = 0}));
  const auto clients = ask(origin, 1, "wait=9m");
  Client other(origin);
  EXPECT_EQ(other.get("/items/1").status, 503);
  const auto stats = nlohmann::json::parse(other.get("/stats").body);
  EXPECT_EQ(stats["refused_503"], 1);
  EXPECT_EQ(stats["refused_429"], 0);
  EXPECT_EQ(stats["early_retries"], 0);
  EXPECT_EQ(stats["peak_in_service"], 1);
  EXPECT_EQ(stats["peak_queued"], 0);
}

}  // namespace
}  // namespace interleave::origin
