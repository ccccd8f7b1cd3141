#include "common/url.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <vector>

namespace interleave {
namespace {

TEST(AUrl, HasThePartsThatARequestNeeds) {
  const auto url = parse_url("HTTP://me@[::1]:8080/a/../b?c=d#e");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->scheme, "http");
  EXPECT_EQ(url->host, "::1");
  EXPECT_EQ(url->port, "8080");
  EXPECT_EQ(url->authority, "[::1]:8080");
  EXPECT_EQ(url->target, "/b?c=d");
  EXPECT_EQ(parse_url("http://host")->port, "80");
  EXPECT_EQ(parse_url("http://host")->target, "/");
}

TEST(AUrl, IsNoneWithoutAHost) {
  for (const char* text : {"", "/items/1", "http://", "a b"})
    EXPECT_FALSE(parse_url(text)) << text;
  EXPECT_FALSE(parse_url(std::string("http://a\0b/c", 12)));
}

TEST(AUrl, LeadsOnFromWhereItIsMet) {
  EXPECT_EQ(follow_url("http://a:1/b/c?d", "e"), "http://a:1/b/e");
  EXPECT_EQ(follow_url("http://a:1/b/c?d", "/e?f"), "http://a:1/e?f");
  EXPECT_EQ(follow_url("http://a:1/b", "ftp://c/d"), "ftp://c/d");
  EXPECT_EQ(follow_url("http://a:1/b", "http://"), "");
}

/// Every character that can be typed, wherever it may change what a url means.
std::vector<std::string> odd_urls() {
  std::vector<std::string> urls;
  for (char c = ' '; c <= '~'; ++c)
    for (const char* form :
         {"http://a:1/{}", "http://a:1/b{}", "http://a:1/{}/b", "http://a:1{}b",
          "http://a:1/b{}/c", "http://a:1/.{}/b", "http://a:1/b?{}",
          "http://a:1/b?c{}d", "http://a:1/b{}c?d", "http://a:1/b?c/.{}"})
      urls.push_back(fmt::format(fmt::runtime(form), c));
  return urls;
}

TEST(APlainTarget, IsWhatTheParserReads) {
  std::size_t plain = 0;
  for (const std::string& url : odd_urls()) {
    const auto target = plain_target(url);
    if (!target) continue;
    ++plain;
    const auto read = parse_url(url);
    ASSERT_TRUE(read) << url;
    EXPECT_EQ(read->target, url.substr(*target)) << url;
  }
  EXPECT_GT(plain, 300u);
}

TEST(APlainTarget, IsThatOfTheOriginsItems) {
  const std::string url = "http://127.0.0.1:40123/items/7?seed=1&wait=1.5ms";
  ASSERT_EQ(plain_target(url), 22u);
}

TEST(APlainTarget, HasNothingToBeResolvedOrDecoded) {
  for (const char* url :
       {"http://a", "http://a?b", "http://a#b", "http://a/../b", "http://a/./b",
        "http://a/b#c", "http://a/%2e/b", "http://a/b c", "http://a/b?",
        "http://a/b\r\nc", "a/b", "http://a/\x80", "http:///a", "http:////a/b",
        "ftp://a/b", "b/http://a/c"})
    EXPECT_FALSE(plain_target(url)) << url;
}

}  // namespace
}  // namespace interleave
