// Items of each workload: what is asked of which address, and what fails.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/workload/origin_addresses.hpp"
#include "bench/workload/url_list.hpp"
#include "bench/workload/warm_up.hpp"
#include "bench/workload/workload.hpp"
#include "common/digest.hpp"
#include "tests/bench/grid/cell.hpp"

namespace interleave {
namespace {

using namespace std::chrono_literals;

TEST(Workloads, KnowEverythingAboutTheirItems) {
  WorkloadSettings settings = recipe("pages").defaults;
  settings.items = 3;
  settings.bytes = 500;
  settings.latency = origin::parse_wait("1ms..9ms");
  const auto items =
      make_items(settings, [](std::size_t, std::string_view path) {
        return "http://o" + std::string(path);
      });
  ASSERT_EQ(items.size(), 3u);
  for (std::size_t i = 0; i < 3; ++i) {
    const std::string body = origin::body_of(settings.seed, i, 500);
    EXPECT_EQ(items[i].id, i);
    EXPECT_EQ(items[i].expected, (Expected{500, digest(body)}));
    EXPECT_EQ(items[i].wait, origin::waiting_time(settings.latency, 1, i));
    const auto asked = origin::parse_item_path(items[i].url.substr(8));
    EXPECT_EQ(asked.item.id, i);
    EXPECT_EQ(asked.item.bytes, 500u);
    EXPECT_EQ(asked.item.wait, settings.latency);
  }
}

TEST(Workloads, AreNamed) {
  EXPECT_FALSE(recipe("sleep").needs_origin);
  EXPECT_THROW(recipe("paged"), std::invalid_argument);
  for (const Recipe& one : recipes()) EXPECT_EQ(one.name, one.defaults.name);
}

TEST(Workloads, SpoilTheItemsThatAreToFail) {
  WorkloadSettings settings = recipe("pages").defaults;
  settings.items = 40;
  settings.bytes = 1;  // too short to be spoilt
  const auto url = [](std::size_t, std::string_view path) {
    return std::string(path);
  };
  const auto good = make_items(settings, url);
  settings.faults = {0.25, {"truncated", "status/404"}};
  const auto mixed = make_items(settings, url);
  std::size_t faulty = 0;
  for (std::size_t i = 0; i < mixed.size(); ++i) {
    EXPECT_EQ(mixed[i].expected, good[i].expected);
    EXPECT_EQ(mixed[i].wait, good[i].wait);
    if (mixed[i].url == good[i].url) continue;
    ++faulty;
    const auto asked = origin::parse_fault_path(mixed[i].url);
    ASSERT_TRUE(asked) << mixed[i].url;
    EXPECT_EQ(asked->item,
              (origin::ItemSpec{i, settings.seed, 2, settings.latency}));
  }
  EXPECT_EQ(faulty, 10u);
}

TEST(FaultMix, ReadsSharesAndNothingElse) {
  EXPECT_EQ(parse_share("0%"), 0);
  EXPECT_EQ(parse_share("100%"), 1);
  EXPECT_DOUBLE_EQ(parse_share("12.5%"), 0.125);
  EXPECT_EQ(share_text(parse_share("5%")), "5%");
  for (const char* bad : {"", "%", "5", "0.05", "-1%", "-0%", "100.1%", "1e1%",
                          "nan%", "inf%", "5%%", " 5%", "5 %", "+5%"})
    EXPECT_THROW(parse_share(bad), std::invalid_argument) << bad;
}

TEST(FaultMix, ReadsKindsAndNothingElse) {
  EXPECT_EQ(parse_fault_kinds("stall,status/404,status"),
            (std::vector<std::string>{"stall", "status/404", "status/500"}));
  for (const char* bad : {"", ",", "reset,", "reset,,stall", "resett", "reset ",
                          "reset,reset", "status,status/500", "status/200"})
    EXPECT_THROW(parse_fault_kinds(bad), std::invalid_argument) << bad;
}

TEST(FaultMix, UsesKindsThatAreOverAtOnceUnlessOthersAreNamed) {
  const std::vector<std::string> kinds = usual_fault_kinds();
  EXPECT_NE(std::ranges::find(kinds, "reset"), kinds.end());
  for (const char* other : {"stall", "drip", "huge", "redirect-ok"})
    EXPECT_EQ(std::ranges::find(kinds, other), kinds.end()) << other;
}

TEST(FaultMix, DrawsAsManyItemsAsTheShareSays) {
  const std::vector<std::string> kinds{"reset", "closed", "truncated"};
  const auto drawn = [&](double share, std::size_t items) {
    return draw_faults({share, kinds}, 7, items).size();
  };
  EXPECT_EQ(drawn(0, 100), 0u);
  EXPECT_EQ(drawn(0.05, 0), 0u);
  EXPECT_EQ(drawn(0.05, 100), 5u);
  EXPECT_EQ(drawn(0.001, 100), 1u) << "a share that is not zero is seen";
  EXPECT_EQ(drawn(0.999, 3), 3u);
  EXPECT_EQ(drawn(1, 100), 100u);

  std::map<std::string, int> count;
  for (const FaultyItem& item : draw_faults({0.1, kinds}, 7, 100))
    ++count[to_string(item.fault)];
  EXPECT_EQ(count.size(), 3u);
  for (const auto& [kind, times] : count)
    EXPECT_TRUE(times == 3 || times == 4) << kind;
}

TEST(FaultMix, DependsOnTheSeedAlone) {
  const FaultMix mix{0.2, usual_fault_kinds()};
  EXPECT_EQ(draw_faults(mix, 1, 50), draw_faults(mix, 1, 50));
  EXPECT_NE(draw_faults(mix, 1, 50), draw_faults(mix, 2, 50));
  std::set<std::string> first;  // where one item fails, every kind has its turn
  for (std::uint64_t seed = 0; seed < 200; ++seed)
    first.insert(to_string(draw_faults({0.01, mix.kinds}, seed, 10)[0].fault));
  EXPECT_EQ(first.size(), mix.kinds.size());
}

TEST(Addresses, AreSeveralWhereManyItemsAreInFlightAtOnce) {
  Options options;
  options.limit = 16;
  const auto asked = [&](std::string_view list, std::size_t items) {
    return addresses_for(select_cells(list), items, options);
  };
  EXPECT_EQ(asked("async/gather", 2'000), 1u);
  EXPECT_EQ(asked("async/gather", 2'001), most_addresses);
  EXPECT_EQ(asked("async/queue", 30'000), 1u);
  EXPECT_EQ(asked("async/queue,threads/gather", 30'000), most_addresses)
      << "all cells ask for the same urls";
  options.limit = 30'000;
  EXPECT_EQ(asked("async/queue", 30'000), most_addresses);
}

TEST(Addresses, ChangeNothingElseOfAnItem) {
  origin::Settings settings;
  const origin::Process one(settings);
  settings.addresses = most_addresses;
  const origin::Process several(settings);
  WorkloadSettings workload = recipe("pages").defaults;
  workload.items = 17'000;
  workload.bytes = 10;
  const auto items = make_items(workload, urls_at(one));
  const auto spread = make_items(workload, urls_at(several));
  std::map<std::string, std::size_t> asked;
  for (std::size_t i = 0; i < items.size(); ++i) {
    EXPECT_EQ(items[i].expected, spread[i].expected);
    const std::string &all = items[i].url, &part = spread[i].url;
    const std::size_t path = all.find("/items"), slash = part.find("/items");
    ASSERT_EQ(all.substr(path), part.substr(slash));
    EXPECT_EQ(all.substr(0, path), one.url(""));
    ++asked[part.substr(0, slash)];
  }
  EXPECT_EQ(asked.size(), most_addresses);
  for (const auto& [address, count] : asked)
    EXPECT_LE(count, busiest_address(items.size())) << address;
  EXPECT_EQ(busiest_address(17'000), 3'000u);
  EXPECT_EQ(busiest_address(1'999), 1'999u);
}

TEST(UrlList, LeavesCommentsAndBlankLinesOut) {
  const auto items = parse_url_list(
      "\xEF\xBB\xBF# list\n\n http://a/1 \r\nHTTPS://b/2\n#x\nhttp://a/1\n",
      "list");
  ASSERT_EQ(items.size(), 3u);
  EXPECT_EQ(items[0].url, "http://a/1");
  EXPECT_EQ(items[1].url, "HTTPS://b/2");
  EXPECT_EQ(items[2].url, "http://a/1") << "duplicates are items of their own";
  EXPECT_EQ(items[2].id, 2u);
  EXPECT_FALSE(items[0].expected);
}

std::string complaint(std::string_view text) {
  try {
    parse_url_list(text, "list");
  } catch (const InputError& error) {
    return error.what();
  }
  return "none";
}

TEST(UrlList, SaysWhereAndWhatIsWrong) {
  using namespace std::string_view_literals;
  EXPECT_TRUE(complaint("http://a/\n  ftp://b/\n").starts_with("list:2:3: "));
  EXPECT_TRUE(
      complaint("http://a/\0b\n"sv).starts_with("list:1:10: byte 0x00"));
  EXPECT_TRUE(complaint("http://a/\rb\n").starts_with("list:1:10: byte 0x0d"));
  EXPECT_TRUE(complaint("http://\xff/").starts_with("list:1:8: byte 0xff"));
  EXPECT_TRUE(complaint("http://a b").starts_with("list:1:9: byte 0x20"));
  EXPECT_TRUE(complaint("http://").starts_with("list:1:1: not an http"));
  EXPECT_TRUE(complaint("# nothing\n").starts_with("list:1:1: no address"));
  EXPECT_TRUE(complaint("http://a/" + std::string(10 << 20, 'a'))
                  .starts_with("list:1:1: a URL of 10485769 bytes"));
}

TEST(UrlList, MustBeAFileThatCanBeRead) {
  EXPECT_THROW(read_url_list("/no/such/file"), InputError);
  EXPECT_THROW(read_url_list("/tmp"), InputError);
}

TEST(WarmUpItems, AreAsManyAtOnceAsLaterAndNotTooManyBytes) {
  constexpr std::size_t mib = std::size_t{1} << 20;
  const auto url = [](std::size_t, std::string_view path) {
    return std::string(path);
  };
  WorkloadSettings settings = recipe("pages").defaults;
  settings.items = 300;
  for (const std::size_t bytes : {100 * mib / 300, mib, 100 * mib, 1024 * mib})
    for (const char* name : {"threads/gather", "threads/queue"}) {
      settings.bytes = bytes;
      const auto items = warm_up_items(settings, cell(name), Options(), url);
      std::size_t sum = 0;
      for (const Item& item : items) sum += item.expected->bytes;
      EXPECT_LE(sum, 64 * mib) << name << " " << bytes;
      EXPECT_GE(sum, 32 * mib) << "not for nothing";
      EXPECT_GE(items.size(), cell(name).width(256, Options()));
    }
  settings.bytes = 100;
  EXPECT_EQ(warm_up_items(settings, cell("threads/queue"), {}, url)[0].expected,
            make_items(settings, url)[0].expected);
}

}  // namespace
}  // namespace interleave
