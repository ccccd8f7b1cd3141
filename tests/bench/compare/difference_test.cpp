// Saved comparisons, held against each other; none of them was measured.
#include "bench/compare/difference.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <nlohmann/json.hpp>
#include <random>

#include "bench/text/input.hpp"

namespace interleave {
namespace {

using Json = nlohmann::json;
using Walls = std::vector<double>;

// ---- reading ----

Json saved_by_hand() {
  return {{"schema", "interleave/compare/v1"},
          {"context",
           {{"version", "0.2.0"},
            {"git_commit", "abc"},
            {"date", "2026-01-02T03:04:05Z"},
            {"host", "a"},
            {"kernel", "Linux 6.1"},
            {"cores", 2},
            {"libraries", {{"fmt", "9.1.0"}}},
            {"limits", {{"descriptors", 1024}}}}},
          {"others_cpu_share", 0.03},
          {"workload", {{"name", "pages"}, {"items", 4}}},
          {"options", {{"cores", 2}, {"limit", 8}, {"runs", 2}}},
          {"cells",
           {{{"cell", "threads/queue"},
             {"verified", true},
             {"runs", {{{"wall_ns", 10}}, {{"wall_ns", 12}}}}},
            {{"cell", "async/queue"},
             {"verified", false},
             {"runs", Json::array()}}}}};
}

TEST(Saved, IsReadAsFarAsItIsNeeded) {
  const SavedReport report = parse_saved(saved_by_hand().dump(), "a.json");
  EXPECT_EQ(report.file, "a.json");
  EXPECT_EQ(report.date, "2026-01-02T03:04:05Z");
  EXPECT_EQ(report.git_commit, "abc");
  EXPECT_EQ(report.others, 0.03);
  ASSERT_EQ(report.cells.size(), 2u);
  EXPECT_EQ(report.cells[0].name, "threads/queue");
  EXPECT_TRUE(report.cells[0].verified);
  EXPECT_EQ(report.cells[0].walls_ns, (Walls{10, 12}));
  EXPECT_FALSE(report.cells[1].verified);
  EXPECT_EQ(report.terms, (std::map<std::string, std::string>{
                              {"context.kernel", "\"Linux 6.1\""},
                              {"context.cores", "2"},
                              {"context.libraries.fmt", "\"9.1.0\""},
                              {"workload.name", "\"pages\""},
                              {"workload.items", "4"},
                              {"workload.server", "null"},
                              {"options.cores", "2"},
                              {"options.limit", "8"}}))
      << "of before servers had a capacity";
}

std::string complaint(std::string_view text) {
  try {
    parse_saved(text, "a\n.json");
  } catch (const InputError& error) {
    return error.what();
  }
  return "none";
}

std::string complaint_of(std::string_view pointer, const Json& value) {
  Json json = saved_by_hand();
  json[Json::json_pointer(std::string(pointer))] = value;
  const std::string text = complaint(json.dump());
  EXPECT_TRUE(
      text.ends_with(": name a file that `interleave compare --save` wrote"))
      << text;
  return text.substr(0, text.rfind(": "));
}

TEST(Saved, SaysWhereTheJsonEnds) {
  EXPECT_TRUE(complaint("").starts_with("a\\x0a.json:1:1: is no JSON"));
  EXPECT_TRUE(complaint("{\n  \"a\": x}")
                  .starts_with("a\\x0a.json:2:8: is no JSON from here on"));
  EXPECT_TRUE(complaint("{} {}").starts_with("a\\x0a.json:1:4: "));
  EXPECT_TRUE(complaint("[1e999]").starts_with("a\\x0a.json: holds a value"));
  EXPECT_TRUE(complaint("\xff").starts_with("a\\x0a.json:1:1: "));
  EXPECT_TRUE(complaint(std::string(1'000'000, '[')).starts_with("a\\x0a."));
}

TEST(Saved, SaysWhichValueIsForeign) {
  const std::string file = "a\\x0a.json: ";
  EXPECT_EQ(complaint("[]").substr(0, 34), file + "the whole is no object");
  EXPECT_EQ(complaint("{}").substr(0, 29), file + "schema is missing");
  EXPECT_EQ(complaint_of("/schema", "interleave/run/v1"),
            file + "schema is not interleave/compare/v1");
  EXPECT_EQ(complaint_of("/cells", 3), file + "cells is no list");
  EXPECT_EQ(complaint_of("/cells/1/cell", nullptr),
            file + "cells[1].cell is no text");
  EXPECT_EQ(complaint_of("/cells/1/cell", std::string(201, 'a')),
            file + "cells[1].cell is longer than 200 bytes");
  EXPECT_EQ(complaint_of("/cells/1/cell", "threads/queue"),
            file + "cells[1].cell stands there twice");
  EXPECT_EQ(complaint_of("/cells/0/verified", 1),
            file + "cells[0].verified is neither true nor false");
  for (const Json& bad : {Json(-5), Json(0), Json(1.5), Json("7"), Json()})
    EXPECT_EQ(complaint_of("/cells/0/runs/1/wall_ns", bad),
              file +
                  "cells[0].runs[1].wall_ns is no time in whole nanoseconds "
                  "above zero");
  for (const Json& bad : {Json(-0.1), Json(1.1), Json("0")})
    EXPECT_EQ(complaint_of("/others_cpu_share", bad),
              file + "others_cpu_share is no share from 0 to 1");
  EXPECT_EQ(complaint_of("/context", Json::array()),
            file + "context is no object");
  EXPECT_EQ(complaint_of("/workload", Json::object()),
            file + "workload.name is missing");
}

TEST(Saved, MakesNamesInert) {
  Json json = saved_by_hand();
  json["cells"][0]["cell"] = "\x1b[31m";
  json["options"]["\x1b"] = "\n";
  const SavedReport report = parse_saved(json.dump(), "\x1b.json");
  EXPECT_EQ(report.cells[0].name, "\\x1b[31m");
  EXPECT_EQ(report.file, "\\x1b.json");
  EXPECT_TRUE(report.terms.contains("options.\\x1b"));
}

SavedReport saved_list(const char* file, const Json& digest,
                       std::uint64_t bytes = 100) {
  Json json = saved_by_hand();
  json["workload"] = {{"name", "urls"}, {"file", file}, {"items", 4}};
  if (!digest.is_null()) json["workload"]["digest"] = digest;
  json["cells"][0]["bytes"] = bytes;
  return parse_saved(json.dump(), file);
}

TEST(Saved, AListIsWhatStandsInItWhateverItsName) {
  EXPECT_EQ(difference_of(saved_list("a", "12"), saved_list("b/a", "12"), {})
                .disagreements.size(),
            0u);
  const Difference other =
      difference_of(saved_list("a", "12"), saved_list("a", "34"), {});
  ASSERT_EQ(other.disagreements.size(), 1u);
  EXPECT_EQ(other.disagreements[0].term, "workload.digest");
  EXPECT_EQ(other.cells[0].why, "contexts differ");
}

TEST(Saved, AListOfWhichNothingIsToldIsLikeNoOther) {
  const SavedReport old = saved_list("a", nullptr);
  for (const SavedReport& other : {saved_list("a", "12"), old}) {
    EXPECT_EQ(difference_of(old, other, {}).disagreements.size(), 1u);
    EXPECT_EQ(difference_of(other, old, {}).disagreements.size(), 1u);
  }
}

TEST(Saved, PagesThatBecameLargerAreNotCompared) {
  const auto why = [](std::uint64_t base, std::uint64_t changed) {
    return difference_of(saved_list("a", "12", base),
                         saved_list("a", "12", changed), {})
        .cells[0]
        .why;
  };
  EXPECT_EQ(why(1000, 1049), "") << "less than what counts";
  EXPECT_EQ(why(1000, 1050), "1000 bytes in BASE, 1050 in NEW");
  EXPECT_EQ(why(1050, 1000), "1050 bytes in BASE, 1000 in NEW");
  EXPECT_EQ(why(0, 1), "0 bytes in BASE, 1 in NEW");
  EXPECT_EQ(why(0, 0), "");
}

TEST(Saved, WhatDecidesAboutFailedItemsAloneMayDiffer) {
  Json json = saved_by_hand();
  for (const char* option :
       {"timeout_ns", "max_body_bytes", "on_error", "deadline_ns"})
    json["options"][option] = 7;
  EXPECT_EQ(parse_saved(json.dump(), "a").terms,
            parse_saved(saved_by_hand().dump(), "b").terms);
}

TEST(Saved, RefusesWhatNestsTooDeeply) {
  const auto deep = [](std::size_t levels) {
    return std::string(levels, '[') + std::string(levels, ']');
  };
  for (const std::size_t levels : {65u, 20'000u, 1'000'000u}) {
    EXPECT_TRUE(complaint("\n  " + deep(levels))
                    .starts_with("a\\x0a.json:2:67: nests more than 64 lists "
                                 "and objects"));
    std::string text = saved_by_hand().dump();
    text.replace(text.find("\"items\":4") + 8, 1, deep(levels));
    EXPECT_NE(complaint(text).find(": nests more than 64"), std::string::npos);
  }
  EXPECT_NE(complaint(deep(64)).find("the whole is no object"),
            std::string::npos);
  EXPECT_NE(complaint('"' + std::string(100, '[') + "\\\"[\"")
                .find("the whole is no object"),
            std::string::npos)
      << "brackets in a text are text";
}

// ---- verdicts ----

SavedReport report_of(std::vector<std::pair<std::string, Walls>> cells) {
  SavedReport report;
  report.terms = {{"options.limit", "8"}, {"context.kernel", "\"1\""}};
  for (auto& [name, walls] : cells)
    report.cells.push_back({name, true, std::move(walls)});
  return report;
}

/// Five runs that scatter by 1 % around `middle`.
Walls near(double middle) {
  return {middle, 0.99 * middle, 1.01 * middle, 0.995 * middle, 1.005 * middle};
}

CellDifference change(Walls base, Walls changed, DiffSettings settings = {}) {
  return difference_of(report_of({{"a/b", std::move(base)}}),
                       report_of({{"a/b", std::move(changed)}}), settings)
      .cells.front();
}

TEST(Difference, NamesWhatBecameSlowerOrFaster) {
  const CellDifference slower = change(near(100), near(120));
  EXPECT_EQ(slower.verdict, Verdict::slower);
  EXPECT_DOUBLE_EQ(slower.ratio.value, 1.2);
  EXPECT_GT(slower.ratio.low, 1);
  EXPECT_EQ(slower.base_ns, 100);
  EXPECT_EQ(slower.new_ns, 120);
  EXPECT_EQ(change(near(120), near(100)).verdict, Verdict::faster);
}

TEST(Difference, FindsNoneBelowWhatCounts) {
  EXPECT_EQ(change(near(100), near(104.9)).verdict, Verdict::no_difference);
  EXPECT_EQ(change(near(104.9), near(100)).verdict, Verdict::no_difference);
  const Walls exact(5, 100), more(5, 104.9);
  EXPECT_EQ(change(exact, more).verdict, Verdict::no_difference)
      << "however sure it is";
  EXPECT_EQ(change(exact, more, {.least = 0.04}).verdict, Verdict::slower);
}

TEST(Difference, IsWithinNoiseWhereRunsScatterMore) {
  const Walls wide = {100, 120, 90, 110, 80}, wider = {115, 140, 90, 125, 95};
  EXPECT_EQ(change(wide, wider).verdict, Verdict::within_noise);
  EXPECT_EQ(change({100}, {300}).verdict, Verdict::within_noise)
      << "of a run each nothing is known";
}

TEST(Difference, ComparesNothingWhereContextsDiffer) {
  SavedReport base = report_of({{"a/b", near(100)}, {"a/c", near(100)}});
  SavedReport changed = report_of({{"a/b", near(100)}, {"a/c", near(200)}});
  changed.terms["context.kernel"] = "\"2\"";
  changed.terms["options.new"] = "3";
  const Difference all = difference_of(base, changed, {});
  EXPECT_EQ(all.count(Verdict::not_comparable), 2u);
  EXPECT_EQ(all.cells[1].why, "contexts differ");
  EXPECT_EQ(conclude(all),
            "Not comparable: contexts differ. context.kernel is \"1\" in BASE "
            "and \"2\" in NEW, and so do 1 more: measure both on one machine, "
            "with the same build and options.");
}

TEST(Difference, ComparesNothingThatOtherProgramsDisturbed) {
  const SavedReport quiet = report_of({{"a/b", near(100)}});
  SavedReport busy = report_of({{"a/b", near(200)}});
  busy.others = 0.35;
  EXPECT_EQ(difference_of(quiet, busy, {}).cells[0].why, "machine busy in NEW");
  EXPECT_EQ(difference_of(busy, quiet, {}).cells[0].why,
            "machine busy in BASE");
  EXPECT_NE(conclude(difference_of(quiet, busy, {}))
                .find("Warning: other programs used 35% of the CPU while NEW "
                      "was measured"),
            std::string::npos);
  busy.others = 0.05;
  EXPECT_EQ(difference_of(quiet, busy, {}).cells[0].verdict, Verdict::slower);
}

TEST(Difference, TellsCellsThatHaveNoCounterpart) {
  SavedReport base = report_of(
      {{"a/a", near(1)}, {"a/b", near(1)}, {"a/c", {}}, {"a/d", near(1)}});
  base.cells[1].verified = false;
  const SavedReport changed = report_of(
      {{"a/d", near(1)}, {"a/c", near(1)}, {"a/b", near(1)}, {"a/e", {}}});
  const Difference all = difference_of(base, changed, {});
  std::vector<std::string> why;
  for (const CellDifference& cell : all.cells) why.push_back(cell.why);
  EXPECT_EQ(why,
            (std::vector<std::string>{"only in BASE", "not verified in BASE",
                                      "not run in BASE", "", "only in NEW"}));
  EXPECT_EQ(all.cells[3].verdict, Verdict::no_difference);
  EXPECT_DOUBLE_EQ(all.confidence, 0.999) << "one cell has the whole error";
}

TEST(Difference, ConcludesWhatWasFound) {
  const Difference all =
      difference_of(report_of({{"a/a", near(100)},
                               {"a/b", near(100)},
                               {"a/c", near(100)},
                               {"a/d", {100, 150, 60, 90, 120}}}),
                    report_of({{"a/a", near(150)},
                               {"a/b", near(50)},
                               {"a/c", near(101)},
                               {"a/d", {120, 150, 60, 90, 125}}}),
                    {});
  EXPECT_EQ(conclude(all),
            "Slower: a/a (1.50x).\n"
            "Faster: a/b (0.50x).\n"
            "No difference: of 5% or more, in 1 of 4 cells.\n"
            "Within noise: in 1 of 4 cells the medians differ by more, but so "
            "might those of equal runs. Measure with more --runs to tell.");
}

// ---- calibration: equal comparisons, thousands of times ----

constexpr std::size_t grid = 26;

/// What a run of a cell takes, of those that scatter by `noise`.
using Model =
    std::function<double(std::mt19937_64& random, double noise, double shift)>;

double normal(std::mt19937_64& random, double noise, double shift) {
  return std::exp(shift + std::normal_distribution<double>(0, noise)(random));
}

/// One run in ten is disturbed, and takes up to twice as long.
double disturbed(std::mt19937_64& random, double noise, double shift) {
  std::uniform_real_distribution<double> share(0, 1);
  const double more = share(random) < 0.1 ? 1 + share(random) : 1;
  return more * normal(random, noise, shift);
}

/// Nothing is faster than it can be; what disturbs has a tail.
double skewed(std::mt19937_64& random, double noise, double shift) {
  return std::exp(shift) *
         (1 + std::exponential_distribution<double>(1 / noise)(random));
}

/// Two ways to run, and every run takes one of them. Five and five of them may
/// well differ throughout: that takes more runs.
double split(std::mt19937_64& random, double noise, double shift) {
  return normal(random, noise / 4, shift + (random() % 2 ? noise : -noise));
}

SavedReport simulated(std::mt19937_64& random, const Model& model,
                      std::size_t runs) {
  SavedReport report;
  // The machine is not the same from one comparison to the next.
  const double machine = std::normal_distribution<double>(0, 0.005)(random);
  for (std::size_t i = 0; i < grid; ++i) {
    SavedCell cell{fmt::format("m/{}", i), true, {}};
    // From cells that wait, and scatter by 0.3 %, to those that fork.
    const double noise = 0.003 * std::pow(30, double(i) / (grid - 1));
    for (std::size_t run = 0; run < runs; ++run)
      cell.walls_ns.push_back(1e8 * model(random, noise, machine));
    report.cells.push_back(std::move(cell));
  }
  return report;
}

TEST(Calibration, EqualComparisonsDifferOnceInAHundredAtMost) {
  const std::pair<const char*, Model> models[] = {{"normal", normal},
                                                  {"disturbed", disturbed},
                                                  {"skewed", skewed},
                                                  {"split", split}};
  constexpr int times = 200;
  for (const auto& [name, model] : models)
    for (const std::size_t runs : {2u, 5u, 9u, 15u}) {
      if (runs == 5 && name == std::string_view("split")) continue;
      std::mt19937_64 random(runs);
      int changes = 0;
      for (int i = 0; i < times; ++i) {
        const Difference all = difference_of(
            simulated(random, model, runs), simulated(random, model, runs), {});
        changes += all.count(Verdict::slower) + all.count(Verdict::faster) > 0;
      }
      EXPECT_LE(changes, times / 100) << name << ", " << runs << " runs";
    }
}

// The cells of NEW scatter five times as much, and were run less often.
TEST(Calibration, UnequalRunsDifferNoOftener) {
  constexpr int times = 200;
  for (const auto& [before, after] :
       {std::pair(9u, 3u), std::pair(30u, 2u), std::pair(20u, 5u)}) {
    std::mt19937_64 random(before);
    int changes = 0;
    for (int i = 0; i < times; ++i) {
      const auto wild = [](std::mt19937_64& any, double noise, double shift) {
        return normal(any, 5 * noise, shift);
      };
      const Difference all = difference_of(simulated(random, normal, before),
                                           simulated(random, wild, after), {});
      changes += all.count(Verdict::slower) + all.count(Verdict::faster) > 0;
    }
    EXPECT_LE(changes, times / 100) << before << " and " << after << " runs";
  }
}

TEST(Calibration, AChangeOfAFifthIsFoundAndNothingElse) {
  constexpr int times = 200;
  std::mt19937_64 random(1);
  int found = 0;
  for (int i = 0; i < times; ++i) {
    const SavedReport base = simulated(random, normal, 5);
    SavedReport changed = simulated(random, normal, 5);
    for (double& wall : changed.cells[7].walls_ns) wall *= 1.2;  // noise 0.8 %
    const Difference all = difference_of(base, changed, {});
    found += all.count(Verdict::slower) == 1 &&
             all.cells[7].verdict == Verdict::slower &&
             all.count(Verdict::faster) == 0;
  }
  EXPECT_GE(found, times * 98 / 100);
}

TEST(Calibration, MoreRunsFindSmallerChanges) {
  std::mt19937_64 random(1);
  const auto found = [&](std::size_t runs) {
    const SavedReport base = simulated(random, normal, runs);
    SavedReport changed = simulated(random, normal, runs);
    for (SavedCell& cell : changed.cells)
      for (double& wall : cell.walls_ns) wall *= 1.1;
    return difference_of(base, changed, {}).count(Verdict::slower);
  };
  const std::size_t few = found(5), many = found(40);
  EXPECT_LT(few, many);
  EXPECT_GE(many, grid - 6);
}

}  // namespace
}  // namespace interleave
