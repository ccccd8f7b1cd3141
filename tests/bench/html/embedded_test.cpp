// What the program carries is what it was built from.
#include "bench/html/embedded.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "bench/html/page.hpp"

namespace interleave {
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
  PageEntry& entry = page.entries.emplace_back();
  entry.name = text;
  entry.cell = &catalog().front();
  page.groups.push_back({"group", "", {0}, {}});
  return page;
}

std::string written(const Page& page) {
  std::string text;
  write_page(page, [&](std::string_view piece) { text += piece; });
  return text;
}

/// What stands in the script element of this id.
std::string element(const std::string& page, const std::string& id) {
  const std::size_t at = page.find("id=\"" + id + "\">");
  const std::size_t from = page.find('>', at) + 1;
  return page.substr(from, page.find("</script>", from) - from);
}

TEST(Page, HasNoPlaceForMarkUpInData) {
  const std::string hostile = "</script><script>alert(1)</script><!--";
  const std::string page = written(page_with(hostile));
  EXPECT_EQ(page.find("alert(1)</script>"), page.npos);
  EXPECT_EQ(Json::parse(element(page, "data")).at("headline"), hostile);
  EXPECT_EQ(page.find("{{"), page.npos);
}

TEST(Page, CarriesTheSourceOfItsCells) {
  const Json data = Json::parse(element(written(page_with("x")), "data"));
  EXPECT_EQ(data.at("sources").at("sequential/one_by_one.cpp"),
            content_of("sequential/one_by_one.cpp"));
}

TEST(Page, TellsWhoLeadsAGroupOnlyWhereThatCanBeSaid) {
  Page page = page_with("first");
  page.entries.push_back(page.entries[0]);
  page.groups[0].entries = {0, 1};
  const auto group = [&] {
    return Json::parse(element(written(page), "data")).at("groups").at(0);
  };
  EXPECT_TRUE(group().at("fastest").is_null());
  page.groups[0].leaders = {1};
  EXPECT_EQ(group().at("fastest"), 1);
  EXPECT_TRUE(group().at("tied").empty());
  page.groups[0].leaders = {1, 0};
  EXPECT_EQ(group().at("tied"), Json::array({0}));
}

TEST(Page, CarriesEveryStampOfATrace) {
  using namespace std::chrono_literals;
  Page page = page_with("x");
  Trace trace{Clock::time_point(1s), Clock::time_point(1s + 9ms), Results(2)};
  Result& result = trace.results[0];
  result.status = Status::completed;
  result.queued = trace.began + 1ns;
  result.started = trace.began + 2ns;
  result.downloaded = trace.began + 3ms;
  result.processing = trace.began + 4ms;
  result.finished = trace.began + 5ms;
  result.downloaded_on = {1, 1};
  result.processed_on = {1, 2};
  page.entries[0].trace = &trace;
  const Json json = Json::parse(element(written(page), "trace-0"));
  EXPECT_EQ(json.at("queued"), Json({1, nullptr}));
  EXPECT_EQ(json.at("started"), Json({2, nullptr}));
  EXPECT_EQ(json.at("downloaded"), Json({3'000'000, nullptr}));
  EXPECT_EQ(json.at("finished"), Json({5'000'000, nullptr}));
  EXPECT_EQ(json.at("row"), Json({0, nullptr}));
  EXPECT_EQ(json.at("second_row"), Json({1, nullptr}));
  EXPECT_EQ(json.at("second_lane"), Json({1, nullptr}));
  EXPECT_EQ(json.at("status"), Json({1, 0}));
  EXPECT_EQ(json.at("wall_ns"), 9'000'000);
}

}  // namespace
}  // namespace interleave
