// The site, held to the sources it shows and the links it makes.
#include "bench/html/site.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "bench/html/embedded.hpp"
#include "bench/html/places.hpp"
#include "bench/html/prose.hpp"
#include "bench/html/source.hpp"
#include "bench/measure/background_load.hpp"
#include "bench/measure/measure.hpp"
#include "bench/text/input.hpp"

namespace interleave::html {
namespace {

namespace fs = std::filesystem;

const fs::path root = INTERLEAVE_SOURCES;

std::string content_of(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

const std::vector<SiteFile>& files() {
  static const std::vector<SiteFile> files = make_site(carried_record());
  return files;
}

bool is_page(const SiteFile& file) {
  return file.path.ends_with(".html");
}

/// What a reader sees of HTML that has no other entities.
std::string text_of(std::string html) {
  html = std::regex_replace(html, std::regex("<[^>]*>"), "");
  for (const auto& [entity, letter] : {std::pair{"&lt;", "<"},
                                       {"&gt;", ">"},
                                       {"&quot;", "\""},
                                       {"&amp;", "&"}})
    html = std::regex_replace(html, std::regex(entity), letter);
  return html;
}

/// All first groups of what matches.
std::vector<std::string> all(const std::string& text, const char* pattern) {
  const std::regex wanted(pattern);
  std::vector<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), wanted), end;
       at != end; ++at)
    found.push_back((*at)[1]);
  return found;
}

TEST(Site, MakesEachFileOnceAndTheSameEachTime) {
  std::set<std::string> made;
  const std::vector<SiteFile> again = make_site(carried_record());
  ASSERT_EQ(again.size(), files().size());
  for (std::size_t n = 0; n < again.size(); ++n) {
    EXPECT_TRUE(made.insert(again[n].path).second) << again[n].path;
    EXPECT_TRUE(again[n].text == files()[n].text) << again[n].path;
  }
}

TEST(Site, ShowsEveryCellModelAndExperiment) {
  std::set<std::string> paths;
  for (const SiteFile& file : files()) paths.insert(file.path);
  for (const Pattern& pattern : patterns())
    EXPECT_TRUE(
        paths.contains("patterns/" + std::string(pattern.name) + ".html"));
  for (const Model& model : models())
    EXPECT_TRUE(paths.contains("models/" + std::string(model.name) + ".html"));
  for (const auto& each : experiments::experiments())
    EXPECT_TRUE(
        paths.contains("experiments/" + std::string(each.id) + ".html"));
  const std::string& index = files().front().text;
  for (const Cell& cell : catalog())
    EXPECT_NE(index.find("\">" + cell.name() + "</a>"), index.npos);
}

TEST(Site, ShowsTheSourceAndTheTablesOfEveryExperiment) {
  const auto text_at = [](const std::string& path) {
    const auto file = std::ranges::find(files(), path, &SiteFile::path);
    return file == files().end() ? "" : file->text;
  };
  for (const auto& each : experiments::experiments()) {
    const std::string text =
        text_at(fmt::format("experiments/{}.html", each.id));
    const std::size_t measured = text.find("id=\"measured\"");
    ASSERT_NE(measured, text.npos) << each.id;
    EXPECT_NE(text.find("<table>", measured), text.npos) << each.id;
    EXPECT_NE(text.find("verdict: ", measured), text.npos) << each.id;
    EXPECT_NE(text.find("published times x", measured), text.npos) << each.id;
    for (const std::string& section :
         all(text, "href=\"../guide/experiments.html#([^\"]+)\""))
      EXPECT_NE(text_at("guide/experiments.html")
                    .find(fmt::format("<h2 id=\"{}\"", section)),
                text.npos)
          << each.id;
  }
}

TEST(Site, ShowsEveryDocument) {
  const std::string& index = files().front().text;
  for (const std::string_view path : documents()) {
    EXPECT_NE(index.find(page_of_document(path)), index.npos) << path;
    EXPECT_FALSE(embedded(path).empty()) << path;
  }
}

TEST(Site, ShowsNoCodeButThatOfCompiledFiles) {
  const std::string open = "<pre data-source=\"";
  std::size_t listings = 0;
  for (const SiteFile& file : files()) {
    EXPECT_TRUE(all(file.text, "(<pre><code)").empty()) << file.path;
    for (std::size_t at = file.text.find(open); at != std::string::npos;
         at = file.text.find(open, at + 1), ++listings) {
      const std::size_t name = at + open.size();
      const std::string source =
          file.text.substr(name, file.text.find('"', name) - name);
      const std::string listing =
          file.text.substr(at, file.text.find("</pre>", at) - at);
      const std::string code = text_of(listing);
      EXPECT_FALSE(code.empty()) << file.path;
      EXPECT_NE(content_of(root / source).find(code), std::string::npos)
          << file.path << " shows what is not in " << source << ":\n"
          << code;
    }
  }
  EXPECT_GT(listings, 2 * catalog().size());
}

TEST(Site, HidesNoLineOfAPattern) {
  for (const Cell& cell : catalog()) {
    const std::string text = content_of(root / cell.source());
    const Listing listing = listing_of(text, cell.pattern->name);
    std::vector<bool> shown(listing.lines.size());
    for (const auto& part : {listing.preamble, listing.pattern})
      for (const Region& region : part)
        for (std::size_t n = region.first; n < region.last; ++n)
          shown[n] = true;
    for (std::size_t n = 0; n < shown.size(); ++n)
      EXPECT_TRUE(shown[n] || listing.lines[n].empty() ||
                  listing.lines[n].starts_with("//"))
          << cell.source() << ":" << n + 1;
  }
}

TEST(Site, EveryLinkLeadsSomewhere) {
  std::map<std::string, std::set<std::string>> ids;
  for (const SiteFile& file : files()) {
    auto& known = ids[file.path];
    for (const std::string& id : all(file.text, " id=\"([^\"]*)\""))
      EXPECT_TRUE(known.insert(id).second) << file.path << " has two " << id;
  }
  for (const SiteFile& file : files()) {
    if (!is_page(file)) continue;
    for (const std::string& href : all(file.text, " href=\"([^\"]*)\"")) {
      if (href.starts_with("https://") || href.starts_with("data:")) continue;
      const std::size_t mark = std::min(href.find('#'), href.size());
      const fs::path here = fs::path(file.path).parent_path();
      const std::string path = mark == 0 ? file.path
                                         : (here / href.substr(0, mark))
                                               .lexically_normal()
                                               .generic_string();
      ASSERT_TRUE(ids.contains(path)) << file.path << ": " << href;
      EXPECT_TRUE(mark == href.size() ||
                  ids[path].contains(href.substr(mark + 1)))
          << file.path << ": " << href;
    }
  }
}

TEST(Site, ShowsEveryFileThatAModelNames) {
  for (const Model& model : models()) {
    const std::string folder_of_model(model.folder);
    const std::string words = content_of(root / folder_of_model / "README.md");
    for (const std::string& name : all(words, "\\]\\((\\w+\\.[ch]pp)\\)"))
      EXPECT_FALSE(embedded(folder_of_model + "/" + name).empty())
          << folder_of_model << "/README.md links " << name
          << ": bench/CMakeLists.txt carries no such file";
  }
}

TEST(Site, CanChooseEveryModelOnEitherSide) {
  const auto css = std::ranges::find(files(), "style.css", &SiteFile::path);
  ASSERT_NE(css, files().end());
  for (const Model& model : models())
    for (const char* const rule :
         {"[id$=\"-{0}\"]:checked) .{0} {{", "#left-{0}:checked) .{0} ",
          "[id$=\"-{0}\"]:checked) [data-not~=\"{0}\"] {{",
          "#left-{0}:checked) [data-not~=\"{0}\"]::before",
          "#right-{0}:checked) [data-not~=\"{0}\"]::before"})
      EXPECT_NE(css->text.find(fmt::format(fmt::runtime(rule), model.name)),
                std::string::npos)
          << rule << " of " << model.name;
  EXPECT_EQ(css->text.find("-MODEL"), std::string::npos);
}

TEST(Site, LoadsNothingFromElsewhere) {
  for (const SiteFile& file : files()) {
    EXPECT_TRUE(all(file.text, "<(script|img|iframe)").empty()) << file.path;
    EXPECT_TRUE(!file.path.ends_with(".css") ||
                all(file.text, "(@import|url\\()").empty());
  }
}

TEST(Site, StaysSmall) {
  std::size_t bytes = 0;
  for (const SiteFile& file : files()) bytes += file.text.size();
  EXPECT_LT(bytes, std::size_t{10} << 18);  // 2.5 MiB
}

TEST(Source, KeepsEveryLetterOfALine) {
  const std::string line = "  auto s = f<int>(\"a\\\"<b>\", x_1);  // a & b";
  const std::string html = highlighted(line);
  EXPECT_EQ(text_of(html), line);
  EXPECT_NE(html.find("<span class=\"keyword\">auto</span>"), html.npos);
  EXPECT_NE(html.find("<span class=\"string\">&quot;a\\&quot;"), html.npos);
  EXPECT_NE(html.find("<span class=\"comment\">// a &amp; b</span>"),
            html.npos);
  EXPECT_EQ(html.find("<span class=\"keyword\">int</span>_"), html.npos);
}

TEST(Source, TellsTheLinesThatAnotherFileLacks) {
  const Lines left{"a", "b", "c", "d"}, right{"a", "c", "x", "d"};
  const Difference both = difference(left, right);
  EXPECT_EQ(both.left, (std::vector<bool>{false, true, false, false}));
  EXPECT_EQ(both.right, (std::vector<bool>{false, false, true, false}));
  EXPECT_EQ(difference(left, {}).left, std::vector<bool>(4, true));
}

TEST(Source, KeepsTheSameLinesOnBothSides) {
  const Lines left{"a", "b", "a", "b"}, right{"b", "a", "b", "a"};
  for (const auto& [one, other] :
       {std::pair(left, right), std::pair(right, left)}) {
    const Difference both = difference(one, other);
    Lines kept[2];
    for (std::size_t n = 0; n < one.size(); ++n) {
      if (!both.left[n]) kept[0].push_back(one[n]);
      if (!both.right[n]) kept[1].push_back(other[n]);
    }
    EXPECT_EQ(kept[0], kept[1]);
    EXPECT_EQ(kept[0].size(), 3u);
  }
}

TEST(Source, NamesTheVersionsThatLackALine) {
  const Versions versions({{"x", {"a", "b"}}, {"y", {"a"}}, {"z", {"b", "c"}}});
  EXPECT_EQ(versions.rows(0, 0, 2),
            "<span class=\"row\" data-not=\"z\">a\n</span>"
            "<span class=\"row\" data-not=\"y\">b\n</span>");
  EXPECT_EQ(versions.rows(2, 1, 2),
            "<span class=\"row\" data-not=\"x y\">c\n</span>");
}

TEST(Source, IsSplitWhereItsParagraphsAre) {
  const Listing listing = listing_of(
      "// Queue: so it goes.\n//\n// Here: this\n// waits.\n\n#include \"a\"\n"
      "\nstatic void work(Workload items) {\n}\n\n"
      "Results queue(Workload items, int) {\n  a;\n\n  return b;\n}\n",
      "queue");
  EXPECT_EQ(listing.concept_line, "Queue: so it goes.");
  EXPECT_EQ(listing.words, "Here: this waits.");
  ASSERT_EQ(listing.preamble.size(), 2u);
  ASSERT_EQ(listing.pattern.size(), 2u);
  EXPECT_EQ(listing.lines[listing.pattern[0].first],
            "Results queue(Workload items, int) {");
  EXPECT_THROW(listing_of("// Queue: x\n", "queue"), std::logic_error);
}

TEST(Prose, LeadsLinksToPagesAndNamesWhatIsNowhere) {
  const Prose models("docs/models.md", "guide/models.html");
  const std::string body = models.body();
  EXPECT_NE(body.find("href=\"../models/threads.html\""), body.npos);
  EXPECT_EQ(body.find(".md\""), body.npos);
  const Prose patterns("docs/patterns.md", "patterns/queue.html");
  const std::string queue = patterns.below("queue");
  EXPECT_NE(queue.find("The crew is the limit"), queue.npos);
  EXPECT_EQ(queue.find("One batch of"), queue.npos);
  EXPECT_THROW(patterns.below("que"), std::logic_error);
  EXPECT_THROW(Prose("docs/nothing.md", "x"), std::logic_error);
}

TEST(Record, HasNoRunsOfABusyMachine) {
  CompareReport report;
  CellReport& cell = report.cells.emplace_back();
  cell.cell = &catalog().front();
  cell.verified = true;
  cell.runs.resize(2);
  ASSERT_TRUE(report.comparable());
  report.others = busy_share / 2;
  EXPECT_EQ(refusal(report), "");
  report.others = 0.23;
  EXPECT_NE(refusal(report).find("other programs used 23% of the CPU"),
            std::string::npos);
  EXPECT_THROW(record_of(report, report, {}, {}), InfrastructureError);
  cell.verified = false;
  EXPECT_NE(refusal(report), "");
  const Record carried = carried_record();
  EXPECT_EQ(carried.conclusion.find("other programs"), std::string::npos);
}

TEST(Record, IsTheSameWhenItIsReadAndWritten) {
  const std::string text = content_of(root / "docs/recorded.json");
  EXPECT_TRUE(json_of(parse_record(text)) == text);
}

TEST(Record, IsRefusedInWordsWhenItIsSomethingElse) {
  using Json = nlohmann::json;
  const auto refused = [](const std::string& text) -> std::string {
    try {
      parse_record(text);
    } catch (const InputError& error) {
      return error.what();
    }
    return {};
  };
  EXPECT_NE(refused("{").find("./run docs --record"), std::string::npos);
  EXPECT_NE(refused("{}").find("'schema'"), std::string::npos);
  EXPECT_NE(refused(R"({"schema": )" + std::string(50'000, '[') +
                    std::string(50'000, ']') + "}")
                .find("nest more than 64"),
            std::string::npos);
  EXPECT_NE(refused(R"({"schema": "x"})").find("interleave/site/v1"),
            std::string::npos);
  Json json = Json::parse(content_of(root / "docs/recorded.json"));
  json["cells"][0]["cell"] = "threads/que";
  EXPECT_NE(refused(json.dump()).find("threads/que"), std::string::npos);
  json = Json::parse(content_of(root / "docs/recorded.json"));
  json["versions"][0]["trace"]["status"][0] = 9;
  EXPECT_NE(refused(json.dump()).find("status is 9"), std::string::npos);
  json["versions"][0]["trace"]["status"] = Json(2000, 1);
  EXPECT_FALSE(refused(json.dump()).empty());
}

}  // namespace
}  // namespace interleave::html
