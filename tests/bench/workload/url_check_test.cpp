#include "bench/workload/url_check.hpp"

#include <gtest/gtest.h>

#include <string>

namespace interleave {
namespace {

TEST(AUrl, ThatCanBeAskedHasNoMistake) {
  const std::string label(63, 'a');
  const std::string host = label + "." + label + "." + label + "." +
                           std::string(61, 'b');  // 253 bytes
  for (const std::string url : {"http://a",
                                "HTTPS://A/",
                                "http://a:80/",
                                "http://a:65535",
                                "http://a:/",
                                "http://a.b./",
                                "http://a_b-c.d/",
                                "http://me@a/",
                                "http://me:pw@a:1/b",
                                "http://[::1]/",
                                "http://[2001:db8::1]:8080/a?b",
                                "http://127.0.0.1:1/",
                                "http://[fe80::1%25lo]/",
                                "http://127.1/",
                                "http://xn--bcher-kva.de/",
                                "http://a/b@c:d",
                                "http://a?b",
                                "http://a#b",
                                "http://a/%C3%A9",
                                "http://1a/",
                                "http://a/[b]"})
    EXPECT_FALSE(mistake_in(url)) << url << ": " << mistake_in(url)->what;
  EXPECT_FALSE(mistake_in("http://" + host + "/"));
}

struct Case {
  std::string url;
  std::size_t at;
  std::string_view says;
};

void expect_mistakes(std::initializer_list<Case> cases) {
  for (const auto& [url, at, says] : cases) {
    const auto mistake = mistake_in(url);
    ASSERT_TRUE(mistake) << url;
    EXPECT_EQ(mistake->at, at) << url << ": " << mistake->what;
    EXPECT_NE(mistake->what.find(says), std::string::npos)
        << url << ": " << mistake->what;
  }
}

TEST(AUrl, HasAPortThatExists) {
  expect_mistakes({{"http://host:99999/", 12, "from 1 to 65535"},
                   {"http://host:65536", 12, "from 1 to 65535"},
                   {"http://host:0/", 12, "from 1 to 65535"},
                   {"http://host:80a/", 12, "from 1 to 65535"},
                   {"http://host:-1/", 12, "from 1 to 65535"},
                   {"http://host:99999999999999999999/", 12, "from 1"},
                   {"http://me@host:x?", 15, "from 1 to 65535"},
                   {"https://[::1]:70000/", 14, "from 1 to 65535"}});
}

TEST(AUrl, HasAHost) {
  expect_mistakes({{"http://:80/", 7, "http://HOST/"},
                   {"http:///a", 7, "http://HOST/"},
                   {"http://?a", 7, "http://HOST/"},
                   {"http://me@/", 10, "http://HOST/"},
                   {"http://a..b/", 9, "a dot too many"},
                   {"http://.a/", 7, "a dot too many"},
                   {"http://./", 7, "a dot too many"},
                   {"http://a%2eb/", 8, "not percent-encoded"},
                   {"http://a@b@c/", 8, "%40"},
                   {"http://256.1.1.1/", 7, "192.0.2.1"},
                   {"http://1.2.3.4.5/", 7, "192.0.2.1"},
                   {"http://a\\b/", 7, "libcurl"},
                   {"http://a{1}/", 7, "libcurl"},
                   {"http://" + std::string(64, 'a') + "/", 7, "63"},
                   {"http://b." + std::string(64, 'a') + ".c/", 9, "63"},
                   {"http://" + std::string(250, 'a') + ".com/", 7, "253"}});
}

TEST(AUrl, HasBracketsAroundAnIpv6Address) {
  expect_mistakes({{"http://[::1/", 7, "[::1]"},
                   {"http://[::1]80/", 7, "[::1]"},
                   {"http://[]/", 7, "[2001:db8::1]"},
                   {"http://[::g]/", 7, "[2001:db8::1]"},
                   {"http://[1.2.3.4]/", 7, "[2001:db8::1]"},
                   {"http://::1/", 7, "brackets"},
                   {"http://2001:db8::1:80/", 7, "brackets"}});
}

TEST(AUrl, BeyondAsciiGetsAdviceThatFits) {
  expect_mistakes(
      {{"http://b\xc3\xbc.de/", 8, "xn-- form"},
       {"http://b\xfc.de/", 8, "xn-- form"},
       {"http://b\xc3\xbc@a/", 8, "percent-encode it (%C3%BC)"},
       {"http://a/\xc3\xa9", 9, "percent-encode it (%C3%A9)"},
       {"http://a/\xe9", 9, "percent-encode it (%E9)"},
       {"http://a/\xc2\xa0", 9, "a no-break space: delete it"},
       {"http://a/\xc2\xa0"
        "b",
        9, "or percent-encode it (%C2%A0)"},
       {"http://a/\xe3\x80\x80", 9, "U+3000, a blank: delete it"},
       {"http://a\xe2\x80\x8b/", 8, "a zero-width space: delete it"},
       {"\xef\xbb\xbfhttp://a/", 0, "a byte order mark: delete"},
       {"\xc2\xa0http://a/", 0, "a no-break space: delete it"},
       {"http://a/\xe2\x80\xae", 9, "invisible character: delete"},
       {"\xff\xfeh", 0, "save it as UTF-8"},
       {"Caf\xc3\xa9", 0, "not an http:// or https:// URL"},
       {"a note", 0, "not an http:// or https:// URL"}});
}

TEST(AUrl, WithTextBehindItGetsAdviceThatFits) {
  expect_mistakes({{"http://a/ # a comment", 9, "on a line of its own"},
                   {"http://a/\t#", 9, "on a line of its own"},
                   {"http://a # comment", 8, "on a line of its own"},
                   {"http://a/ https://b/", 9, "write one per line"},
                   {"http://a/b c", 10, "percent-encode it (%20)"},
                   {"http://a b/", 8, "delete it"},
                   {"http://a/\r#", 9, "delete it"},
                   {std::string("http://a\0/", 10), 8, "delete it"}});
}

}  // namespace
}  // namespace interleave
