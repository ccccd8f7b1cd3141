// What the program carries is what it was built from.
#include "bench/html/embedded.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <regex>
#include <string>
#include <utility>

#include "bench/html/page.hpp"

namespace interleave::html {
namespace {

using Json = nlohmann::json;

std::string content_of(std::string_view path) {
  std::ifstream stream(INTERLEAVE_SOURCES "/" + std::string(path),
                       std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(Embedded, EveryCellHasItsSource) {
  for (const Cell& cell : catalog()) {
    EXPECT_FALSE(embedded(cell.source()).empty()) << cell.source();
  }
  EXPECT_TRUE(embedded("threads/que.cpp").empty());
}

TEST(Embedded, EveryFileIsTheOneInTheTree) {
  EXPECT_GE(embedded_files().size(), catalog().size());
  for (const EmbeddedFile& file : embedded_files())
    EXPECT_EQ(file.text, content_of(file.path)) << file.path;
}

Page page_with(const std::string& text) {
  Page page;
  page.headline = text;
  page.group_word = "pattern";
  Entry& entry = page.entries.emplace_back();
  entry.name = text;
  entry.cell = &catalog().front();
  page.groups.push_back({"group", "", {0}});
  return page;
}

std::string written(const Page& page) {
  std::string text;
  write_page(page, [&](std::string_view piece) { text += piece; });
  return text;
}

/// What stands in the element of this id, up to `end`.
std::string element(const std::string& page, const std::string& id,
                    const std::string& end) {
  const std::size_t at = page.find("id=\"" + id + "\"");
  const std::size_t from = page.find('>', at) + 1;
  return page.substr(from, page.find(end, from) - from);
}

Json trace_in(const std::string& page) {
  return Json::parse(element(page, "trace-1", "</script>"));
}

Trace trace_of(std::size_t items) {
  using namespace std::chrono_literals;
  return {Clock::time_point(1s), Clock::time_point(1s + 9ms), Results(items)};
}

TEST(Page, HasNoPlaceForMarkUp) {
  const std::string hostile = "</script><script>alert(\"1\")</script><!--";
  Page page = page_with(hostile);
  page.lead = page.conclusion = page.job = page.groups[0].note = hostile;
  page.groups[0].name = page.entries[0].failure_summary = hostile;
  page.groups[0].promises.push_back(
      {hostile, experiments::Promise::Holds::no, hostile});
  Trace trace = trace_of(1);
  trace.results[0].error.text = hostile;
  page.entries[0].trace = &trace;
  const std::string text = written(page);
  EXPECT_EQ(text.find("alert(\"1\")</script>"), text.npos);
  EXPECT_EQ(text.find("<script>alert"), text.npos);
  EXPECT_NE(text.find("<h1>&lt;/script&gt;&lt;script&gt;alert(&quot;1&quot;)"),
            text.npos);
  EXPECT_EQ(trace_in(text).at("items").at(0).back(), hostile);
}

TEST(Page, CarriesTheSourceOfItsCells) {
  const std::string text = written(page_with("x"));
  std::string code = element(text, "source-1", "</pre>");
  code.erase(0, code.find("<pre"));
  code = std::regex_replace(code, std::regex("<[^>]*>"), "");
  for (const auto& [entity, letter] : {std::pair{"&lt;", "<"},
                                       {"&gt;", ">"},
                                       {"&quot;", "\""},
                                       {"&amp;", "&"}})
    code = std::regex_replace(code, std::regex(entity), letter);
  EXPECT_EQ(code, content_of("sequential/one_by_one.cpp"));
}

TEST(Page, TellsWhoLeadsAGroupOnlyWhereThatCanBeSaid) {
  Page page = page_with("first");
  page.entries.push_back(page.entries[0]);
  page.groups[0].entries = {0, 1};
  const auto leaders = [&] { return element(written(page), "result", "<ul"); };
  EXPECT_EQ(leaders().find("<table"), std::string::npos);
  page.groups[0].leaders = {1};
  EXPECT_NE(leaders().find("<a href=\"#left=2\">first</a></td><td>none</td>"),
            std::string::npos);
  page.groups[0].leaders = {1, 0};
  EXPECT_NE(leaders().find("<td><a href=\"#left=2\">first</a></td>"
                           "<td><a href=\"#left=1\">first</a></td>"),
            std::string::npos);
}

TEST(Page, CarriesEveryStampOfATrace) {
  using namespace std::chrono_literals;
  Page page = page_with("x");
  Trace trace = trace_of(2);
  Result& result = trace.results[0];
  result.status = Status::completed;
  result.queued = trace.began + 1ns;
  result.started = trace.began + 3ns;
  result.downloaded = trace.began + 3ms;
  result.processing = trace.began + 4ms;
  result.finished = trace.began + 5ms;
  result.downloaded_on = {1, 1};
  result.processed_on = {1, 2};
  page.entries[0].trace = &trace;
  const Json json = trace_in(written(page));
  // Rows, lanes, rank and status; each stamp since the one before.
  EXPECT_EQ(json.at("items").at(0),
            Json({0, 1, 0, 1, 0, 1, 1, 2, 2'999'997, 1'000'000, 1'000'000}));
  const Json none = nullptr;
  EXPECT_EQ(json.at("items").at(1), Json({none, none, none, none, none, 0, none,
                                          none, none, none, none}));
  EXPECT_EQ(json.at("wall"), 9'000'000);
  EXPECT_EQ(json.at("rows"), 2);
}

TEST(Page, SaysWarningsAboveTheFiguresTheyAreAbout) {
  Page page = page_with("first");
  page.groups[0].leaders = {0};
  page.conclusion = "Warning: busy.\nWarning: slow.\nFastest: first.";
  const std::string text = written(page);
  const std::size_t table = text.find("<table");
  EXPECT_LT(text.find("<strong>Warning:</strong> busy."), table);
  EXPECT_LT(text.find("<strong>Warning:</strong> slow."), table);
  EXPECT_GT(text.find("<strong>Fastest:</strong> first."), table);
}

TEST(Bars, BeginAtZeroAndEndAtTheirValues) {
  Bar bar;
  bar.value = 30;
  bar.ideal = 25;
  bar.low = 28;
  bar.high = 40;
  EXPECT_EQ(bar.longest(), 40);
  const std::string text = drawing_of(bar, 100);
  EXPECT_NE(text.find("<rect class=\"body\" y=\"4\" width=\"300\""), text.npos);
  EXPECT_NE(text.find("class=\"ideal\" d=\"M250 "), text.npos);
  EXPECT_NE(text.find("d=\"M280 6v8m0-4H400m"), text.npos);
}

TEST(Bars, HaveAFewRoundTicks) {
  for (double end = 3; end < 1e12; end *= 1.37) {
    const std::vector<Tick> ticks = ticks_of(Quantity::time, end);
    EXPECT_GE(ticks.size(), 3u) << end;
    EXPECT_LE(ticks.size(), 6u) << end;
    EXPECT_LE(ticks.back().at, end);
  }
  EXPECT_EQ(ticks_of(Quantity::time, 4.9e8)[1].text, "100 ms");
  EXPECT_EQ(ticks_of(Quantity::size, 60 << 20)[1].text, "20 MiB");
}

}  // namespace
}  // namespace interleave::html
