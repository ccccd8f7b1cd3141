// Faults that the origin injects, and how our own client reports them.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bench/origin/content.hpp"
#include "bench/origin/fault.hpp"
#include "common/digest.hpp"
#include "common/run_item.hpp"
#include "common/session.hpp"
#include "tests/bench/origin/origin_client.hpp"

namespace interleave::origin {
namespace {

using namespace std::chrono_literals;

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

}  // namespace
}  // namespace interleave::origin
