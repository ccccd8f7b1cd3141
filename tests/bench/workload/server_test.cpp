// The capacity of the origin as it is typed: read, written, and refused.
#include "bench/workload/server.hpp"

#include <gtest/gtest.h>

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace interleave {
namespace {

using Texts = std::map<std::string, std::string, std::less<>>;

Capacity read(const Texts& texts) {
  return read_server([&](std::string_view name) {
    const auto found = texts.find(name);
    return found == texts.end() ? nullptr : &found->second;
  });
}

/// `--slots 8 --backlog 8`, as a shell would cut it.
Texts words_of(const std::string& line) {
  Texts texts;
  for (std::size_t at = 0; at < line.size();) {
    const std::size_t value = line.find(' ', at) + 1;
    const std::size_t end = std::min(line.find(' ', value), line.size());
    texts[line.substr(at, value - 1 - at)] = line.substr(value, end - value);
    at = end + 1;
  }
  return texts;
}

std::string error_of(const Texts& texts) {
  try {
    read(texts);
    return "";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

TEST(Server, OfEveryProfileIsReadBackFromItsText) {
  for (const ServerProfile& profile : server_profiles()) {
    const std::string text = server_text(profile.capacity);
    EXPECT_EQ(read(words_of(text)), profile.capacity) << text;
    EXPECT_EQ(read({{"--server", std::string(profile.name)}}),
              profile.capacity);
    EXPECT_EQ(profile_of(profile.capacity), profile.name);
    EXPECT_NE(describe_server(profile.capacity), "no limits");
    EXPECT_TRUE(profile.capacity.limited()) << profile.name;
  }
}

TEST(Server, IsWrittenInTheFormInWhichItIsRead) {
  for (const char* text :
       {"", "--slots 3 --backlog 0", "--knee 7^0.5", "--rate 0.25/s",
        "--rate 400/s --burst 20 --retry-after 1500ms",
        "--bandwidth 10966/s --connection-bandwidth 3KiB/s",
        "--cold 250:2.5 --collapse 32:10%:400ms --refuse 0.5%",
        "--then 12.5%:slots=1,knee=2,rate=3/s,bandwidth=4MiB/s,slower=0.5"})
    EXPECT_EQ(server_text(read(words_of(text))), text);
}

TEST(Server, WithANameIsChangedByTheOtherOptions) {
  const Capacity server = read({{"--server", "backlog"}, {"--slots", "4"}});
  EXPECT_EQ(server.slots, 4u);
  EXPECT_EQ(server.backlog, 8u);
  EXPECT_EQ(profile_of(server), "");
}

TEST(Server, KnowsWhetherItCountsReplies) {
  EXPECT_TRUE(counts_replies(read({{"--server", "cold"}})));
  EXPECT_TRUE(counts_replies(read({{"--then", "50%:slots=2"}})));
  EXPECT_FALSE(counts_replies(read({{"--then", "50:slots=2"}})));
  EXPECT_FALSE(counts_replies(read({{"--slots", "2"}})));
}

TEST(Server, SaysWhatIsWrongAndWhatWouldBeRight) {
  const std::pair<Texts, const char*> wrong[] = {
      {{{"--server", "slot-8"}},
       "--server: no server is called 'slot-8': did you mean 'slots-8'?"},
      {{{"--slots", "0"}},
       "--slots: '0' is not a whole number from 1 to 1000000"},
      {{{"--backlog", "8"}}, "--backlog: nothing limits that: add --slots 8"},
      {{{"--rate", "400"}}, "--rate: '400' has no /s: write 400/s"},
      {{{"--rate", "-1/s"}},
       "--rate: '-1/s' has no number where one belongs: write 400/s"},
      {{{"--rate", "1e9/s"}},
       "--rate: '1e9/s' has no number where one belongs: write 400/s"},
      {{{"--knee", "16^"}},
       "--knee: '16^' has no number where one belongs: write 16^2"},
      {{{"--burst", "3"}}, "--burst: nothing limits that: add --rate 400/s"},
      {{{"--bandwidth", "0/s"}},
       "--bandwidth: '0/s' lets nothing through: write 20MiB/s"},
      {{{"--cold", "10%"}},
       "--cold: '10%' has no factor after a colon: write 10%:5"},
      {{{"--then", "50%:width=3"}},
       "--then: 'width' does not change: choose slots, knee, rate, bandwidth "
       "or slower"},
      {{{"--retry-after", "2h"}, {"--rate", "1/s"}},
       "--retry-after: '2h' has an unknown unit 'h': "}};
  for (const auto& [texts, message] : wrong)
    EXPECT_TRUE(error_of(texts).starts_with(message)) << error_of(texts);
}

}  // namespace
}  // namespace interleave
