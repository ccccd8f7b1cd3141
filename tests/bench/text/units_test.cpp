#include "bench/text/units.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

namespace interleave {
namespace {

using namespace std::chrono_literals;
using std::chrono::nanoseconds;

/// The text of the refusal; empty when the text was accepted.
template <class Parse>
std::string refusal(Parse parse, std::string_view text) {
  try {
    parse(text);
    return "";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

TEST(Units, ReadsDurationsExactly) {
  const std::pair<const char*, nanoseconds> cases[] = {
      {"250ms", 250ms},
      {"89us", 89us},
      {"1.5s", 1500ms},
      {"0", 0ns},
      {"0s", 0ns},
      {"0.0", 0ns},
      {"10ns", 10ns},
      {"2m", 2min},
      {"0.1m", 6s},
      {"1.000000001s", 1'000'000'001ns},
      {"2.850us", 2850ns},
      {"1.50000000m", 90s},
      {"007ms", 7ms},
      {"9223372036854775807ns", nanoseconds::max()},
      {"9223372036.854775807s", nanoseconds::max()}};
  for (const auto& [text, duration] : cases)
    EXPECT_EQ(parse_duration(text), duration) << text;
}

TEST(Units, SaysWhatIsWrongWithADuration) {
  const std::pair<const char*, const char*> cases[] = {
      {"5", "'5' has no unit: write 5ms or 5s"},
      {"-5ms", "'-5ms' is negative"},
      {"", "'' is not a number"},
      {"ms", "'ms' is not a number"},
      {"+5ms", "not a number"},
      {" 5ms", "not a number"},
      {".5s", "not a number"},
      {"5 ms", "unknown unit ' ms'"},
      {"5ms ", "unknown unit 'ms '"},
      {"5h", "unknown unit 'h'"},
      {"5MS", "unknown unit 'MS'"},
      {"1.s", "no digit after its point"},
      {"1.2.3s", "unknown unit '.3s'"},
      {"1.5ns", "finer than a nanosecond"},
      {"1.0000000001s", "more than 9 decimals"},
      {"1e3s", "unknown unit 'e3s'"},
      {"9223372036854775808ns", "too large"},
      {"9223372036.854775808s", "too large"},
      {"9223372037s", "too large"},
      {"153722868m", "too large"},
      {"99999999999999999999s", "too large"}};
  for (const auto& [text, why] : cases)
    EXPECT_NE(refusal(parse_duration, text).find(why), std::string::npos)
        << text << ": " << refusal(parse_duration, text);
}

TEST(Units, ReadsSizesExactly) {
  const std::pair<const char*, std::uint64_t> cases[] = {
      {"10966", 10966},
      {"64KiB", 65536},
      {"1MiB", 1048576},
      {"2GiB", 1ull << 31},
      {"10kB", 10000},
      {"3MB", 3000000},
      {"1GB", 1000000000},
      {"0", 0},
      {"7B", 7},
      {"1.5KiB", 1536},
      {"0.5MiB", 512 * 1024},
      {"1.25kB", 1250},
      {"18446744073709551615", std::numeric_limits<std::uint64_t>::max()}};
  for (const auto& [text, bytes] : cases)
    EXPECT_EQ(parse_size(text), bytes) << text;
}

TEST(Units, SaysWhatIsWrongWithASize) {
  const std::pair<const char*, const char*> cases[] = {
      {"-1", "negative"},
      {"", "not a number"},
      {"1.5", "finer than a byte"},
      {"0.1KiB", "finer than a byte"},
      {"1K", "unknown unit 'K'"},
      {"1kb", "unknown unit 'kb'"},
      {"18446744073709551616", "too large"},
      {"17179869184GiB", "too large"},
      {"0x10", "unknown unit 'x10'"}};
  for (const auto& [text, why] : cases)
    EXPECT_NE(refusal(parse_size, text).find(why), std::string::npos)
        << text << ": " << refusal(parse_size, text);
}

TEST(Units, WritesDurationsWithThreeDigits) {
  const std::pair<nanoseconds, const char*> cases[] = {
      {0ns, "0 ns"},        {7ns, "7 ns"},         {999ns, "999 ns"},
      {1us, "1.00 us"},     {12'345ns, "12.3 us"}, {89ms, "89.0 ms"},
      {2850ms, "2.85 s"},   {999'499ns, "999 us"}, {999'600ns, "1.00 ms"},
      {9'996us, "10.0 ms"}, {99'960us, "100 ms"},  {999'700us, "1.00 s"},
      {3min, "180 s"},      {1h, "3600 s"},        {-12'345ns, "-12.3 us"},
      {-5ns, "-5 ns"}};
  for (const auto& [duration, text] : cases)
    EXPECT_EQ(format_duration(duration), text);
}

TEST(Units, WritesSizesWithThreeDigits) {
  const std::pair<std::uint64_t, const char*> cases[] = {
      {0, "0 B"},
      {1023, "1023 B"},
      {1024, "1.00 KiB"},
      {10966, "10.7 KiB"},
      {1023 * 1024, "1023 KiB"},
      {1024 * 1024 - 1, "1.00 MiB"},
      {5ull << 30, "5.00 GiB"},
      {5ull << 40, "5120 GiB"}};
  for (const auto& [bytes, text] : cases) EXPECT_EQ(format_size(bytes), text);
}

TEST(Units, QuotesHostileTextSafely) {
  EXPECT_EQ(in_quotes("5ms"), "'5ms'");
  EXPECT_EQ(in_quotes("a'\"\\<>&b"), "'a\\x27\\x22\\x5c\\x3c\\x3e\\x26b'");
  EXPECT_EQ(in_quotes("\x1b[2J\r\n\xff"), "'\\x1b[2J\\x0d\\x0a\\xff'");
  EXPECT_EQ(in_quotes(std::string(41, 'x')),
            "'" + std::string(40, 'x') + "...'");
  EXPECT_EQ(in_quotes(std::string(40, 'x')), "'" + std::string(40, 'x') + "'");
}

TEST(Units, ShowTextBeyondAsciiAsItIs) {
  for (const std::string_view text :
       {"Caf\u00e9", "b\u00fccher.de", "\u65e5\u672c", "\U0001f600",
        "a\u00a0b"}) {
    EXPECT_EQ(printable(text), text);
    EXPECT_EQ(in_quotes(text), fmt::format("'{}'", text));
  }
}

TEST(Units, ShowNoCharacterThatTurnsOrHidesText) {
  EXPECT_EQ(printable("a\u202eb"), "a\\xe2\\x80\\xaeb");  // right to left
  EXPECT_EQ(printable("\u2066"), "\\xe2\\x81\\xa6");
  EXPECT_EQ(printable("\u200b"), "\\xe2\\x80\\x8b");  // zero-width
  EXPECT_EQ(printable("\ufeff"), "\\xef\\xbb\\xbf");
  EXPECT_EQ(printable("\u2028"), "\\xe2\\x80\\xa8");  // a new line
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b");     // CSI in one byte
  EXPECT_EQ(printable("\U000e0041"), "\\xf3\\xa0\\x81\\x81");
}

TEST(Units, ShowNoBytesThatAreNotUtf8) {
  EXPECT_EQ(printable("\xe9t\xe9"), "\\xe9t\\xe9");         // Latin-1
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");           // too long
  EXPECT_EQ(printable("\xe0\x80\xaf"), "\\xe0\\x80\\xaf");  // too long
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
  EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");  // cut short
  EXPECT_EQ(printable("\xe2\x82x"), "\\xe2\\x82x");
}

TEST(Units, QuoteWholeCharacters) {
  const std::string start(38, 'x'), e = "\u20ac";
  EXPECT_EQ(in_quotes(start + e), fmt::format("'{}...'", start));
  EXPECT_EQ(in_quotes(start.substr(1) + e),
            fmt::format("'{}{}'", start.substr(1), e));
}

}  // namespace
}  // namespace interleave
