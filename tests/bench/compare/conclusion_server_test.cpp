// Conclusions on a server with a capacity: what it allowed, what asking for
// more cost, and where the knee of a sweep is, against the figures.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "bench/compare/sweep.hpp"
#include "bench/grid/server_replay.hpp"
#include "bench/workload/server.hpp"
#include "tests/bench/compare/conclusion_reports.hpp"

namespace interleave::conclusions {
namespace {

constexpr const char* ratio = R"([\d.]+x(?: to [\d.]+x)?)";

/// As of a server with a capacity: any counts, in any proportion.
CompareReport limited_report_of(Random& random) {
  CompareReport report = report_of(random);
  report.settings.server =
      server_profiles()[random() % server_profiles().size()].capacity;
  report.best = {1 + random() % 20, ns(uniform(random, 1e6, 1e9))};
  const double level = uniform(random, 1, 6);
  for (CellReport& cell : report.cells) {
    cell.width = cell.cell->width(report.items, report.settings.options);
    const double longer =
        cell.width == report.items ? level : uniform(random, 1, 1.2);
    for (Figures& run : cell.runs) {
      const std::uint64_t refused = chance(random, 0.2) ? random() % 9 : 0;
      run.origin_requests = report.items + refused;
      run.origin_peak_in_flight = 1 + random() % cell.width;
      if (chance(random, 0.7)) run.origin_peak_in_flight = cell.width;
      run.refused_429 = chance(random, 0.5) ? refused : 0;
      run.refused_503 = refused - run.refused_429;
      run.origin_service = ns(2e7 * double(report.items));
      run.origin_wait = ns(2e7 * (longer - 1) * double(report.items));
    }
    add_figures(cell);
  }
  return report;
}

double there(const CellReport& cell) {
  Values values;
  for (const Figures& run : cell.runs)
    values.push_back(
        double((run.origin_wait + run.origin_service).count()) /
        double(run.origin_requests - run.refused_429 - run.refused_503));
  return median(values);
}

std::uint64_t most(const Cells& cells) {
  std::uint64_t most = 0;
  for (const CellReport* cell : cells)
    for (const Figures& run : cell->runs)
      most = std::max(most, run.origin_peak_in_flight);
  return most;
}

/// Those of two patterns in models that have both, in the same order.
std::pair<Cells, Cells> beside(const CompareReport& report,
                               const std::string& one,
                               const std::string& other) {
  std::pair<Cells, Cells> both;
  for (const CellReport& a : report.cells)
    for (const CellReport& b : report.cells)
      if (a.cell->model == b.cell->model && a.cell->pattern->name == one &&
          b.cell->pattern->name == other && a.width > b.width) {
        both.first.push_back(&a);
        both.second.push_back(&b);
      }
  return both;
}

void expect_ratio(const std::string& text, double value) {
  EXPECT_NEAR(std::stod(text), value, value < 10 ? 0.051 : 0.51) << text;
}

template <class Figure>
void expect_ratios(const std::string& text, const std::pair<Cells, Cells>& both,
                   Figure figure) {
  Values values;
  for (std::size_t i = 0; i < both.first.size(); ++i)
    values.push_back(figure(*both.first[i]) / figure(*both.second[i]));
  expect_range(text, values, expect_ratio);
}

void read_more(const CompareReport& report, const Match& match) {
  const auto both = beside(report, match[1], match[5]);
  ASSERT_FALSE(both.first.empty());
  EXPECT_EQ(std::stoul(match[2]), most(both.first));
  EXPECT_EQ(std::stoul(match[6]), most(both.second));
  EXPECT_GT(most(both.first), report.best->limit)
      << "it asked for no more than is best";
  bool faster = false;
  for (std::size_t i = 0; i < both.first.size(); ++i)
    faster |= wall(*both.first[i]) < 0.98 * wall(*both.second[i]);
  EXPECT_EQ(match[4].matched, faster) << match[0];
  EXPECT_NE(match[4].matched, match[7].matched);
  expect_ratios(match[4].matched ? match[4] : match[7], both, wall);
  expect_ratios(match[8], both, there);
  double refused = 0;
  for (const CellReport* cell : both.first) {
    Values shares;
    for (const Figures& run : cell->runs)
      shares.push_back(double(run.refused_429 + run.refused_503) /
                       double(run.origin_requests));
    refused = std::max(refused, median(shares));
  }
  EXPECT_EQ(match[9].matched, refused > 0);
  if (match[9].matched) expect_percent(match[10], refused);
}

TEST(Conclusion, OnAServerSaysOnlyWhatTheFiguresShow) {
  const std::regex server(
      R"(Server: (.*)\. An ideal client needs a limit of (\d+) here, and )"
      R"(takes (.*)\.)");
  const std::regex more(fmt::format(
      R"(All at once: (\w+) had (\d+) requests at the server and )"
      R"((was no faster than|took ({0}) the time of) (\w+) at (\d+))"
      R"((?: \(({0}) its time\))?; each request took ({0}) as long )"
      R"(there(; up to (\d+%) of them were refused)?\.)",
      ratio));
  Random random(5);
  std::size_t met = 0, met_gain = 0, met_refused = 0;
  for (int i = 0; i < repeats(3'000) && !HasFailure(); ++i) {
    const CompareReport report = limited_report_of(random);
    const std::string text = conclude(report);
    SCOPED_TRACE(text);
    EXPECT_EQ(count_of(text, "Server: "), ranked(report));
    for (const std::string& line : lines_of(text)) {
      Match match;
      if (line.starts_with("Server: ")) {
        ASSERT_TRUE(std::regex_match(line, match, server)) << line;
        EXPECT_EQ(match[1], describe_server(report.settings.server));
        EXPECT_EQ(std::stoul(match[2]), report.best->limit);
        expect_time(match[3], double(report.best->time.count()));
      }
      if (!line.starts_with("All at once: ")) continue;
      ASSERT_TRUE(std::regex_match(line, match, more)) << line;
      EXPECT_TRUE(ranked(report));
      read_more(report, match);
      ++met;
      met_gain += match[4].matched;
      met_refused += match[9].matched;
    }
  }
  EXPECT_GE(met, at_least);
  EXPECT_GE(met_gain, at_least);
  EXPECT_GE(met_refused, at_least);
}

TEST(Conclusion, OfAnUnlimitedServerSaysNothingOfIt) {
  Random random(6);
  for (int i = 0; i < repeats(200); ++i) {
    const std::string text = conclude(report_of(random));
    EXPECT_EQ(count_of(text, "Server: ") + count_of(text, "All at once: "), 0u);
  }
}

TEST(Conclusion, NamesWhatOfTheServerBindsACell) {
  std::vector<Item> items(24);
  for (std::size_t i = 0; i < items.size(); ++i) items[i].wait = 20ms;
  const auto bound = [&](const char* server, const char* cell) {
    CompareReport report;
    report.settings.runs = 1;
    report.settings.server = server_profile(server).capacity;
    report.items = items.size();
    const ServerReplay replay(items, report.settings.server);
    report.best = replay.best(items.size());
    CellReport& one = report.cells.emplace_back();
    one.cell = select_cells(cell).front();
    one.ideal = ideal(*one.cell, Workload(items), {}, 2, {}, &replay);
    Random random(1);
    one.runs.push_back(run_of(random, items.size(), 1e9, 1e6));
    add_figures(one);
    one.verified = true;
    return conclude(report);
  };
  EXPECT_NE(
      bound("slots-4", "async/gather").find("bound by the server's slots"),
      std::string::npos);
  EXPECT_NE(bound("knee-16", "async/gather").find("bound by overload of the"),
            std::string::npos);
  EXPECT_NE(bound("slots-8", "async/queue").find("bound by the limit"),
            std::string::npos);
}

// ---- the knee of a sweep ----

SweepReport sweep_of_limits(Random& random) {
  SweepReport sweep;
  sweep.axis = chance(random, 0.9) ? Axis::limit : Axis::items;
  const std::size_t values = 1 + random() % 6;
  const auto cells = select_cells("threads/queue,async/queue,async/gather");
  const std::size_t at = random() % 6;
  const double loss = one_of<double>(random, {0.0, 0.0, 0.2});
  for (std::size_t value = 0; value < values; ++value) {
    sweep.values.push_back(std::uint64_t{1} << value);
    CompareReport& point = sweep.points.emplace_back();
    point.settings.runs = 3;
    point.items = 4;
    for (const Cell* which : cells) {
      CellReport& cell = point.cells.emplace_back();
      cell.cell = which;
      const double level =
          value < at ? double(at - value) : loss * double(value - at);
      for (unsigned run = 0; run < 3; ++run)
        cell.runs.push_back(run_of(
            random, 4, 1e8 * (1 + level + uniform(random, 0, 0.06)), 1e6));
      if (chance(random, 0.02)) fail_an_item(random, cell.runs.front());
      add_figures(cell);
      cell.verified = cell.runs.front().tally.failed == 0;
    }
  }
  sweep.planned = values;
  return sweep;
}

TEST(Conclusion, OfASweepSaysWhereTheKneeIs) {
  const std::regex knee(
      R"(Knee: (\d+) for (.*)\. No higher limit here is more than 5% )"
      R"(faster\.)");
  const std::regex none(R"(Knee: none up to (\d+) for (.*)\.)");
  const std::regex loss(fmt::format(
      R"(Beyond the knee: at (\d+), (.*?) takes? ({}) as long as there\.)",
      ratio));
  Random random(7);
  std::size_t met = 0, met_none = 0, met_loss = 0;
  for (int i = 0; i < repeats(1'000) && !HasFailure(); ++i) {
    const SweepReport sweep = sweep_of_limits(random);
    const std::string text = conclude(sweep);
    SCOPED_TRACE(text);
    const bool all = sweep.axis == Axis::limit && sweep.points.size() >= 3 &&
                     std::ranges::all_of(sweep.points, ranked);
    EXPECT_EQ(count_of(text, "Knee: ") > 0, all);
    const auto walls = [&](const std::string& name) {
      Values values;
      for (const CompareReport& point : sweep.points)
        values.push_back(wall(named(point, name)));
      return values;
    };
    Values losses;
    for (const std::string& line : lines_of(text)) {
      Match match;
      if (std::regex_match(line, match, knee) ||
          std::regex_match(line, match, none)) {
        const bool found = line.find("none") == line.npos;
        ++(found ? met : met_none);
        losses.clear();
        for (const char* name : {"threads/queue", "async/queue"}) {
          if (match[2].str().find(name) == std::string::npos) continue;
          const Values times = walls(name);
          const double least = std::ranges::min(times);
          for (std::size_t k = 0; k < times.size(); ++k) {
            const bool before = sweep.values[k] < std::stoul(match[1]);
            if (before) {
              EXPECT_GT(times[k], 1.05 * least) << name;
            }
            if (sweep.values[k] != std::stoul(match[1])) continue;
            EXPECT_LE(times[k], 1.05 * least) << name;
            losses.push_back(times.back() / times[k]);
          }
          EXPECT_EQ(found, times.back() > 1.05 * least ||
                               std::stoul(match[1]) < sweep.values.back());
        }
        EXPECT_EQ(match[2].str().find("gather"), std::string::npos)
            << "it keeps no limit";
      }
      if (!std::regex_match(line, match, loss)) continue;
      ++met_loss;
      EXPECT_GE(std::ranges::max(losses), 1.05);
      expect_range(match[3], losses, expect_ratio);
    }
  }
  for (const std::size_t often : {met, met_none, met_loss})
    EXPECT_GE(often, at_least);
}

}  // namespace
}  // namespace interleave::conclusions
