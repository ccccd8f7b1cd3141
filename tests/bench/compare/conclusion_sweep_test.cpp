// Conclusions of sweeps: every statement against the figures at its values.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "bench/compare/sweep.hpp"
#include "tests/bench/compare/conclusion_reports.hpp"

namespace interleave::conclusions {
namespace {

SweepReport sweep_of(Random& random) {
  SweepReport sweep;
  sweep.axis = Axis::limit;
  const std::size_t values = 1 + random() % 6;
  const unsigned runs = one_of<unsigned>(random, {1, 3, 5, 5, 5, 9});
  const bool broken = chance(random, 0.2);
  const double noise = one_of<double>(random, {0.002, 0.01, 0.03});
  const auto cells = select_cells(one_of<std::string>(
      random,
      {"threads/queue,processes/queue,async/queue", "threads/queue,async/queue",
       "*/queue,*/gather", "threads/queue,processes/queue"}));
  const double drift = uniform(random, -0.1, 0.1);
  for (std::size_t value = 0; value < values; ++value) {
    sweep.values.push_back(10 * (value + 1) + random() % 10);
    CompareReport& point = sweep.points.emplace_back();
    point.settings.runs = runs;
    point.settings.place = value;
    point.settings.places = values;
    point.items = 4;
    if (chance(random, 0.2)) point.others = uniform(random, 0, 0.3);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      CellReport& cell = point.cells.emplace_back();
      cell.cell = cells[i];
      std::normal_distribution<double> scatter(0, noise);
      const double level = one_of<double>(random, {0.0, 0.0, 0.05, -0.05}) +
                           drift * double(value) * double(i);
      for (unsigned run = 0; run < runs; ++run)
        cell.runs.push_back(
            run_of(random, 4, 1e8 * std::exp(level + scatter(random)), 1e6));
      if (broken && chance(random, 0.15))
        fail_an_item(random, cell.runs.front());
      add_figures(cell);
      cell.verified = cell.runs.front().tally.failed == 0;
    }
  }
  if (chance(random, 0.1)) sweep.points.back().interrupted = true;
  sweep.planned = values + (chance(random, 0.1) ? 1 : 0);
  if (chance(random, 0.05)) sweep.failure = "the origin exited";
  return sweep;
}

/// One point that ranks something: 1 where the first of two cells is ahead, -1
/// where it is behind, 0 for a tie.
struct Lead {
  std::uint64_t value;
  int lead;
  double log_ratio;
};

std::vector<Lead> leads_of(const SweepReport& sweep, const std::string& one,
                           const std::string& other) {
  std::vector<Lead> leads;
  for (std::size_t i = 0; i < sweep.points.size(); ++i) {
    const CompareReport& point = sweep.points[i];
    if (!ranked(point)) continue;
    const CellReport &a = named(point, one), &b = named(point, other);
    const int lead = !times_apart(point, a, b) ? 0 : wall(a) < wall(b) ? 1 : -1;
    leads.push_back(
        {sweep.values[i], lead, std::log(wall(a)) - std::log(wall(b))});
  }
  return leads;
}

/// Of one of them, from a value on.
bool ahead_from(const std::vector<Lead>& leads, std::uint64_t from) {
  return std::ranges::all_of(leads, [&](const Lead& lead) {
    return lead.value < from || lead.lead == 1;
  });
}

void read_ahead(const SweepReport& sweep, const Match& match) {
  const auto leads = leads_of(sweep, match[1], match[2]);
  ASSERT_FALSE(leads.empty());
  EXPECT_TRUE(ahead_from(leads, 0));
  const bool all = leads.size() == sweep.planned;
  EXPECT_EQ(match[3].matched, !all) << "throughout means at every value";
  if (!match[3].matched) return;
  EXPECT_EQ(std::stoul(match[4]), leads.size());
  EXPECT_EQ(std::stoul(match[5]), sweep.planned);
}

/// " Ranked: 2 of 3 values.", from the group `first` on.
void read_left_out(const SweepReport& sweep, const Match& match,
                   std::size_t ranked, std::size_t first) {
  EXPECT_EQ(match[first].matched, ranked != sweep.planned);
  if (!match[first].matched) return;
  EXPECT_EQ(std::stoul(match[first + 1]), ranked);
  EXPECT_EQ(std::stoul(match[first + 2]), sweep.planned);
}

void read_ahead_from(const SweepReport& sweep, const Match& match) {
  const auto leads = leads_of(sweep, match[1], match[2]);
  read_left_out(sweep, match, leads.size(), 5);
  const std::uint64_t from = std::stoul(match[3]);
  EXPECT_TRUE(ahead_from(leads, from));
  bool any = false, all_tie = true;
  for (const Lead& lead : leads) {
    any |= lead.value == from;
    if (lead.value >= from) continue;
    EXPECT_GE(lead.lead, 0) << "it was behind";
    all_tie &= lead.lead == 0;
  }
  EXPECT_TRUE(any) << "that value is not ranked";
  EXPECT_EQ(match[4] == "they tie", all_tie);
}

void read_crossover(const SweepReport& sweep, const Match& match) {
  const auto leads = leads_of(sweep, match[1], match[2]);
  read_left_out(sweep, match, leads.size(), 6);
  const std::uint64_t after = std::stoul(match[3]), from = std::stoul(match[4]);
  EXPECT_TRUE(ahead_from(leads, from));
  bool was_behind = false, ranked_from = false;
  double about = 0;
  for (std::size_t i = 0; i < leads.size(); ++i) {
    const Lead& now = leads[i];
    if (now.value == after) was_behind = now.lead == -1;
    if (now.value == from) ranked_from = true;
    if (now.value > after && now.value < from) {
      EXPECT_NE(now.lead, -1) << "it was behind later";
    }
    if (i == 0 || now.value <= after || now.value > from) continue;
    const Lead& before = leads[i - 1];
    if ((before.log_ratio < 0) == (now.log_ratio < 0)) continue;
    about = std::lerp(double(before.value), double(now.value),
                      before.log_ratio / (before.log_ratio - now.log_ratio));
  }
  EXPECT_TRUE(was_behind) << "it had not been overtaken";
  EXPECT_TRUE(ranked_from) << "that value is not ranked";
  EXPECT_NEAR(std::stod(match[5]), about, 0.51);
}

void read_tie(const SweepReport& sweep, const Match& match) {
  const auto leads = leads_of(sweep, match[1], match[2]);
  ASSERT_FALSE(leads.empty());
  EXPECT_EQ(leads.back().lead, 0);
  EXPECT_EQ(std::stoul(match[3]), leads.back().value);
  EXPECT_EQ(match[4].matched, leads.back().value != sweep.values.back() ||
                                  sweep.values.size() < sweep.planned);
}

void read_unranked(const SweepReport& sweep, const Match& match) {
  const auto at = std::ranges::find(sweep.values, std::stoul(match[1]));
  ASSERT_NE(at, sweep.values.end());
  EXPECT_FALSE(ranked(sweep.points[std::size_t(at - sweep.values.begin())]));
}

void read_busy_values(const SweepReport& sweep, const Match& match) {
  std::string busy;
  for (std::size_t i = 0; i < sweep.points.size(); ++i)
    if (ranked(sweep.points[i]) && sweep.points[i].others.value_or(0) >= 0.1)
      busy += fmt::format("{}{:.0f}% at {}", busy.empty() ? "" : ", ",
                          100 * *sweep.points[i].others, sweep.values[i]);
  EXPECT_EQ(match[1], busy);
}

void read_how_far(const SweepReport& sweep, const Match& match) {
  EXPECT_EQ(std::stoul(match[1]), sweep.points.size());
  EXPECT_EQ(std::stoul(match[2]), sweep.planned);
  EXPECT_TRUE(!sweep.failure.empty() || sweep.points.back().interrupted ||
              sweep.points.size() < sweep.planned);
}

void read_no_loop(const SweepReport& sweep, const Match&) {
  for (const CellReport& cell : sweep.points.front().cells)
    EXPECT_NE(cell.cell->model->name, "async");
}

TEST(Conclusion, OfASweepSaysOnlyWhatTheFiguresShow) {
  const std::pair<std::regex, void (*)(const SweepReport&, const Match&)>
      forms[] = {
          {std::regex(
               R"(Ahead: (.*) of (.*) at every value( that is ranked, (\d+) )"
               R"(of (\d+))?\.)"),
           read_ahead},
          {std::regex(
               R"(Ahead: (.*) of (.*) from (\d+) on\. At lower values (they )"
               R"(tie|not at all of them)\.( Ranked: (\d+) of (\d+) )"
               R"(values\.)?)"),
           read_ahead_from},
          {std::regex(
               R"(Crossover: (.*) overtakes (.*) between (\d+) and (\d+) )"
               R"(\(about (\d+)\)\.( Ranked: (\d+) of (\d+) values\.)?)"),
           read_crossover},
          {std::regex(
               R"(Tie: (.*) and (.*) at (\d+)(, the highest value that is )"
               R"(ranked)?\.)"),
           read_tie},
          {std::regex(R"(At (\d+): Nothing is ranked: .*)"), read_unranked},
          {std::regex(
               R"(Warning: other programs used much of the CPU \((.*)\)\. )"
               R"(Stop them and rerun\.)"),
           read_busy_values},
          {std::regex(
               R"((?:interrupted: in value|After) (\d+) of (\d+)(?: values: )"
               R"(the origin exited|, in the order measured)\.)"),
           read_how_far},
          // Held in conclusion_server_test.
          {std::regex(R"((?:Knee|Beyond the knee): .*)"),
           [](const SweepReport&, const Match&) {}},
          {std::regex(
               R"(Nothing compared: no pattern has both async and another )"
               R"(model here\.)"),
           read_no_loop}};
  Random random(2);
  std::vector<std::size_t> met(std::size(forms));
  for (int i = 0; i < repeats(2'000) && !HasFailure(); ++i) {
    const SweepReport sweep = sweep_of(random);
    const std::string text = conclude(sweep);
    SCOPED_TRACE(text);
    for (const std::string& line : lines_of(text)) {
      SCOPED_TRACE(line);
      bool understood = false;
      for (std::size_t form = 0; form < std::size(forms); ++form) {
        Match match;
        if (!std::regex_match(line, match, forms[form].first)) continue;
        understood = true;
        ++met[form];
        forms[form].second(sweep, match);
      }
      EXPECT_TRUE(understood) << "a statement that nobody checks";
    }
    // Every pair has its statement, if any value is ranked.
    const bool any = std::ranges::any_of(sweep.points, ranked);
    std::size_t pairs = 0;
    for (const CellReport& cell : sweep.points.front().cells)
      for (const CellReport& loop : sweep.points.front().cells)
        pairs += loop.cell->model->name == "async" && &loop != &cell &&
                 loop.cell->pattern == cell.cell->pattern;
    EXPECT_EQ(count_of(text, "Ahead: ") + count_of(text, "Crossover: ") +
                  count_of(text, "Tie: "),
              any ? pairs : 0);
  }
  for (std::size_t form = 0; form < std::size(forms); ++form)
    EXPECT_GE(met[form], at_least) << "form " << form << " is hardly ever read";
}

}  // namespace
}  // namespace interleave::conclusions
