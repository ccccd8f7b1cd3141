// Tables and documents, in a terminal and as Markdown.
#include "bench/text/document.hpp"

#include <gtest/gtest.h>

namespace interleave {
namespace {

Columns table_by_hand() {
  Columns table({{"", "cell", 0, true},
                 {"wall", "ms"},
                 {"", "", 0, false, 1, true},
                 {"of", "ideal"},
                 {"", "note", 0, true}});
  table.add_heading("some");
  table.add_row({{"  one"}, {"82.0"}, {"±2.0%"}, {"98%"}, {"a|b"}});
  table.add_message("  two", "failed");
  return table;
}

TEST(Columns, FollowBelowWhereTheyDoNotFit) {
  EXPECT_EQ(table_by_hand().render({.columns = 24}, Rest::below),
            R"(       wall
cell     ms
------------------
some
  one  82.0 +-2.0%
  two  failed

          of
cell   ideal  note
------------------
some
  one    98%  a|b
  two  failed
)");
}

TEST(Columns, AreATableInMarkdown) {
  EXPECT_EQ(table_by_hand().markdown(),
            "| cell | wall ms | of ideal | note |\n"
            "|---|--:|--:|---|\n"
            "| **some** | | | |\n"
            "| one | 82.0 ±2.0% | 98% | a\\|b |\n"
            "| two | failed | | |\n");
}

void write(Document& document) {
  document.title("title");
  document.note("what it is");
  document.facts({"where", "", "a <b>"});
  document.item("yes", "it holds");
  document.item("", "so it is");
  document.note("± one");
  document.note("two");
  document.conclusion("First: it.\nSecond: that.\n");
}

TEST(Document, SetsPartsApartInATerminal) {
  Document document(Style{.columns = 20});
  write(document);
  EXPECT_EQ(document.take(), R"(title
what it is

where
a <b>

  yes  it holds
- so it is

+- one
two

First: it.
Second: that.
)");
}

TEST(Document, IsMarkdownWithoutAStyle) {
  Document document;
  write(document);
  EXPECT_EQ(document.take(), R"(### title

what it is

where\
a &lt;b>

- yes: it holds
- so it is

± one

two

- First: it.
- Second: that.
)");
}

}  // namespace
}  // namespace interleave
