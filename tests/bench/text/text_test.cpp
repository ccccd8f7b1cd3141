// Words and numbers as people read them, and where they go.
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <string>

#include "bench/text/output.hpp"
#include "bench/text/terminal.hpp"
#include "bench/text/text.hpp"

namespace interleave {
namespace {

TEST(Wrap, BreaksAtSpacesAndIndentsWhatFollows) {
  EXPECT_EQ(wrap("one two three four", 10, 2), "one two\n  three\n  four\n");
  EXPECT_EQ(wrap("", 10), "");
}

TEST(Wrap, BreaksAWordThatNoLineCouldHold) {
  EXPECT_EQ(wrap("abcdefghijklmnop", 8), "abcdefgh\nijklmnop\n");
}

TEST(Clip, SaysThatSomethingWasCut) {
  EXPECT_EQ(clip("abcdefgh", 8), "abcdefgh");
  EXPECT_EQ(clip("abcdefghi", 8), "abcde...");
  EXPECT_EQ(clip("äöüß", 4), "äöüß");
}

TEST(Legend, KeepsEntriesWhole) {
  EXPECT_EQ(legend({"o one", "x two", "+ three"}, 14),
            "o one  x two\n+ three\n");
  EXPECT_EQ(legend({"o a longer one"}, 9), "o a lo...\n");
  EXPECT_EQ(legend({}, 9), "");
}

TEST(Percent, HasADecimalBelowTen) {
  EXPECT_EQ(percent(0.98), "98%");
  EXPECT_EQ(percent(0.0996), "10%");
  EXPECT_EQ(percent(0.02), "2.0%");
  EXPECT_EQ(percent(0), "0%");
  EXPECT_EQ(percent(1.2), "120%");
}

TEST(Spelled, UsesNoOtherCharactersThanTheStyleAllows) {
  EXPECT_EQ(spelled("1 ±2 ±3", {.unicode = false}), "1 +-2 +-3");
  EXPECT_EQ(spelled("1 ±2", {.unicode = true}), "1 ±2");
}

TEST(EscapeMarkdown, LeavesWordsReadable) {
  EXPECT_EQ(escape_markdown("one_by_one _a_ *b*"),
            "one_by_one \\_a\\_ \\*b\\*");
}

TEST(Printable, LetsNoEscapeCodeThrough) {
  EXPECT_EQ(printable("a\x1b]0;b\x07\n\xc3"), "a\\x1b]0;b\\x07\\x0a\\xc3");
}

TEST(Significant, KeepsThreeDigitsAcrossPowersOfTen) {
  EXPECT_EQ(significant(0), "0");
  EXPECT_EQ(significant(0.0123), "0.012");
  EXPECT_EQ(significant(2.846), "2.85");
  EXPECT_EQ(significant(9.999), "10.0");
  EXPECT_EQ(significant(99.96), "100");
  EXPECT_EQ(significant(14240.4), "14240");
  EXPECT_EQ(significant(std::numeric_limits<double>::infinity()), "-");
}

Style style_in(bool terminal, std::size_t columns,
               std::map<std::string, std::string, std::less<>> variables) {
  return style_for(terminal, columns, [&](const char* name) {
    const auto found = variables.find(name);
    return found == variables.end() ? std::string_view() : found->second;
  });
}

TEST(Style, ColoursATerminalOnly) {
  EXPECT_TRUE(style_in(true, 100, {}).colour);
  EXPECT_FALSE(style_in(false, 0, {}).colour);
}

TEST(Style, HonoursThoseWhoWantNoColour) {
  EXPECT_FALSE(style_in(true, 100, {{"NO_COLOR", "1"}}).colour);
  EXPECT_FALSE(style_in(true, 100, {{"TERM", "dumb"}}).colour);
  EXPECT_FALSE(style_in(true, 100, {{"CI", "true"}}).colour);
}

TEST(Style, TakesTheWidthFromTheUserThenTheTerminalThenEighty) {
  EXPECT_EQ(style_in(true, 100, {{"COLUMNS", "132"}}).columns, 132u);
  EXPECT_EQ(style_in(true, 100, {{"COLUMNS", "wide"}}).columns, 100u);
  EXPECT_EQ(style_in(false, 0, {}).columns, 80u);
  EXPECT_EQ(style_in(false, 0, {{"COLUMNS", "1"}}).columns, 20u);
}

TEST(Style, LeavesAsciiOnlyInAUtf8Locale) {
  EXPECT_TRUE(style_in(false, 0, {{"LANG", "de_DE.UTF-8"}}).unicode);
  EXPECT_TRUE(style_in(false, 0, {{"LANG", "C.utf8"}}).unicode);
  EXPECT_FALSE(style_in(false, 0, {{"LANG", "C"}}).unicode);
  EXPECT_FALSE(
      style_in(false, 0, {{"LC_ALL", "C"}, {"LANG", "C.utf8"}}).unicode);
}

}  // namespace
}  // namespace interleave
