// Every statement of every conclusion against the figures of its report:
// thousands of reports, drawn at random, whose text is read like a person does.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "tests/bench/compare/conclusion_reports.hpp"

namespace interleave::conclusions {
namespace {

using Reader = void (*)(const CompareReport&, const Match&);

void read_share(const std::string& text, const Cells& cells) {
  if (text.empty()) {
    EXPECT_TRUE(std::ranges::any_of(
        cells, [](const CellReport* cell) { return !cell->ideal; }));
    return;
  }
  Match match;
  if (std::regex_match(text, match,
                       std::regex(R"( \((.*) of their ideal\))"))) {
    expect_range(match[1], of(cells, share), expect_percent);
    return;
  }
  ASSERT_TRUE(std::regex_match(
      text, match,
      std::regex(R"( \((\d+%) of its ideal of (.*), bound by (.*)\))")))
      << text;
  ASSERT_EQ(cells.size(), 1u);
  const CellReport& cell = *cells.front();
  expect_percent(match[1], share(cell));
  expect_time(match[2], double(cell.ideal->time.count()));
  EXPECT_EQ(match[3].str(), by(cell, LimitingFactor::waiting) ? "waiting"
                            : by(cell, LimitingFactor::cpu)   ? "CPU"
                            : cell.cell->pattern->name == "batches"
                                ? "the batch size"
                                : "the limit");
}

void read_costs(const CompareReport& report, const std::string& text,
                const Cells& cells) {
  ASSERT_FALSE(cells.empty());
  const Values costs = of(cells, cpu_per_item);
  const CellReport& cheap =
      *cells[std::size_t(std::ranges::min_element(costs) - costs.begin())];
  const CellReport& dear =
      *cells[std::size_t(std::ranges::max_element(costs) - costs.begin())];
  const double k = double(report.cells.size());
  const bool differ = apart(cpus(cheap), cpus(dear), 0.005 / (k * (k - 1) / 2));
  Match match;
  if (std::regex_match(
          text, match,
          std::regex(
              R"(CPU per item from (.*) \((.*)\) to (.*) \((.*)\)\.)"))) {
    EXPECT_TRUE(differ) << "names without a difference: " << text;
    expect_time(match[1], std::ranges::min(costs));
    expect_time(match[3], std::ranges::max(costs));
    EXPECT_EQ(match[2], cheap.cell->name());
    EXPECT_EQ(match[4], dear.cell->name());
    return;
  }
  ASSERT_TRUE(
      std::regex_match(text, match, std::regex(R"(CPU per item: (.*)\.)")))
      << text;
  EXPECT_FALSE(differ) << text;
  expect_range(match[1], costs, expect_time);
}

void read_processing(const CompareReport& report, const std::string& text,
                     const CellReport& cell) {
  const unsigned cores =
      cell.cell->usable_cores(report.settings.options, report.cores);
  const double all = double(report.items_cpu.count());
  if (all == 0) {
    EXPECT_EQ(text, "");
    return;
  }
  Match match;
  ASSERT_TRUE(std::regex_match(
      text, match,
      std::regex(
          R"( \(the items take ([^,]*) of CPU(, (.*) on (\d+) cores)?\))")))
      << text;
  expect_time(match[1], all);
  EXPECT_EQ(match[2].matched, cores > 1) << text;
  if (!match[2].matched) return;
  expect_time(match[3], all / cores);
  EXPECT_EQ(match[4], std::to_string(cores));
}

void read_busy(const CompareReport& report, const Match& match) {
  EXPECT_GE(report.others.value_or(0), 0.1);
  expect_percent(match[1], report.others.value_or(0));
}

void read_origin(const CompareReport& report, const Match& match) {
  expect_names(match[1], those(report, [](const CellReport& cell) {
                 return std::ranges::any_of(cell.runs, [](const Figures& run) {
                   return run.origin_cpu > 0.9 * run.wall;
                 });
               }));
}

std::size_t most_refused(const CellReport& cell,
                         std::size_t SpawnFailures::* what) {
  std::size_t most = 0;
  for (const Figures& run : cell.runs) most = std::max(most, run.refused.*what);
  return most;
}

void read_workers(const CompareReport& report, const Match& match) {
  EXPECT_EQ(std::stoul(match[1]),
            most_refused(named(report, match[2]), &SpawnFailures::workers));
}
void read_tasks(const CompareReport& report, const Match& match) {
  EXPECT_EQ(std::stoul(match[1]),
            most_refused(named(report, match[2]), &SpawnFailures::tasks));
}

void read_lost(const CompareReport& report, const Match& match) {
  EXPECT_EQ(match[1].str() == "an item was" ? 1 : std::stoul(match[1]),
            report.lost_uncounted);
}

void read_interrupted(const CompareReport& report, const Match& match) {
  EXPECT_TRUE(report.interrupted);
  std::size_t done = 0, all = 0;
  for (const CellReport& cell : report.cells)
    for (const Figures& run : cell.runs) {
      done += run.tally.completed;
      all += run.items;
    }
  EXPECT_EQ(std::stoul(match[1]), done);
  EXPECT_EQ(std::stoul(match[2]), all);
  EXPECT_EQ(std::stoul(match[3]), report.runs_done);
  EXPECT_EQ(std::stoul(match[4]), report.runs_planned);
}

void read_none_counted(const CompareReport& report, const Match&) {
  EXPECT_TRUE(report.interrupted);
  for (const CellReport& cell : report.cells) EXPECT_TRUE(cell.runs.empty());
}

void read_failure(const CompareReport& report, const Match& match) {
  EXPECT_FALSE(report.failure.empty());
  EXPECT_EQ(std::stoul(match[1]), report.runs_done);
  EXPECT_EQ(std::stoul(match[2]), report.runs_planned);
}

void read_unverified(const CompareReport& report, const Match& match) {
  EXPECT_FALSE(report.interrupted);
  const Cells wrong = those(report, [&](const CellReport& cell) {
    return std::ranges::any_of(cell.runs, [&](const Figures& run) {
      return run.tally.completed != report.items;
    });
  });
  expect_names(match[1], wrong);
  const CellReport& cell = named(report, match[3]);
  EXPECT_EQ(&cell, wrong.front());
  for (const Figures& run : cell.runs)
    if (!run.errors.empty()) {
      EXPECT_EQ(std::stoul(match[2]), run.errors.front().item + 1);
      break;
    }
}

void read_fastest(const CompareReport& report, const Match& match) {
  EXPECT_TRUE(ranked(report));
  const Cells group = of_pattern(report, match[1]);
  EXPECT_GE(group.size(), 2u) << "nothing to compare it with";
  EXPECT_GE(report.settings.runs, 2u) << "one run ranks nothing";
  const Cells first = tied(report, group);
  EXPECT_EQ(match[2].matched, first.size() > 1) << match[0];
  expect_names(match[3], first);
  expect_range(match[4], of(first, wall), expect_time);
  read_share(match[5], first);
}

void read_only(const CompareReport& report, const Match& match) {
  EXPECT_TRUE(ranked(report));
  const Cells group = of_pattern(report, match[2]);
  ASSERT_FALSE(group.empty());
  EXPECT_EQ(group.size() > 1, match[1] == "Shortest");
  EXPECT_EQ(group.size() > 1, match[6].matched);
  EXPECT_TRUE(group.size() == 1 || report.settings.runs == 1);
  EXPECT_EQ(match[3], group.front()->cell->name());
  expect_time(match[4], wall(*group.front()));
  read_share(match[5], {group.front()});
}

/// Near what CPU allows, or busy for most of its cores' time.
bool cpu_decides(const CompareReport& report, const CellReport& cell) {
  Values cpu;
  for (const Figures& run : cell.runs)
    cpu.push_back(double((run.cpu.user + run.cpu.system).count()));
  const unsigned cores =
      cell.cell->usable_cores(report.settings.options, report.cores);
  return by(cell, LimitingFactor::cpu) &&
         (is_near(cell) || median(cpu) >= 0.5 * cores * wall(cell));
}

Cells bound_by_loop(const CompareReport& report) {
  return those(report, [&](const CellReport& cell) {
    return cpu_decides(report, cell) && on_loop(cell) && in_parallel(cell) &&
           report.cores > 1;
  });
}

void read_one_core(const CompareReport& report, const Match& match) {
  EXPECT_TRUE(ranked(report));
  EXPECT_GT(report.cores, 1u) << "one core binds all";
  const Cells cells = bound_by_loop(report);
  expect_names(match[1], cells);
  ASSERT_FALSE(cells.empty());
  read_processing(report, match[2], *cells.front());
}

void read_faster(const CompareReport& report, const Match& match) {
  EXPECT_TRUE(ranked(report));
  EXPECT_EQ(std::stoul(match[1]), report.cores);
  Cells faster;
  Values ratios;
  for (const CellReport* loop : bound_by_loop(report))
    for (const CellReport& other : report.cells)
      if (other.cell->pattern == loop->cell->pattern &&
          other.cell->model->name != "async" && wall(other) < wall(*loop) &&
          times_apart(report, other, *loop)) {
        faster.push_back(&other);
        ratios.push_back(wall(*loop) / wall(other));
      }
  expect_names(match[2], faster);
  expect_range(match[3], ratios, [](const std::string& text, double ratio) {
    EXPECT_NEAR(std::stod(text), ratio, ratio < 10 ? 0.051 : 0.51);
  });
}

void read_cpu(const CompareReport& report, const Match& match) {
  EXPECT_TRUE(ranked(report));
  Cells cells = those(report, [&](const CellReport& cell) {
    return cpu_decides(report, cell) && in_parallel(cell) &&
           (report.cores == 1 || !on_loop(cell));
  });
  expect_names(match[1], cells);
  ASSERT_FALSE(cells.empty());
  read_processing(report, match[2], *cells.front());
}

/// Those that the limit decides for, near their ideal or not.
Cells limited(const CompareReport& report, bool near, bool any_batch) {
  const Options& options = report.settings.options;
  return those(report, [&](const CellReport& cell) {
    return by(cell, LimitingFactor::limit) && is_near(cell) == near &&
           (any_batch || cell.cell->pattern->name != "batches" ||
            options.batch_size == options.limit);
  });
}

void read_at_limit(const CompareReport& report, const Match& match) {
  EXPECT_TRUE(ranked(report));
  EXPECT_EQ(std::stoul(match[1]), report.settings.options.limit);
  const Cells cells = limited(report, true, false);
  EXPECT_GE(cells.size(), 2u);
  expect_names(match[2], cells);
  expect_range(match[3], of(cells, share), expect_percent);
  read_costs(report, match[4], cells);
}

/// Far from what the limit or the CPU allows, and not by their own CPU.
Cells further(const CompareReport& report) {
  const Cells held = limited(report, false, true);
  return those(report, [&](const CellReport& cell) {
    return std::ranges::find(held, &cell) != held.end() ||
           (by(cell, LimitingFactor::cpu) && in_parallel(cell) &&
            !is_near(cell) && !cpu_decides(report, cell));
  });
}

void read_further(const CompareReport& report, const Match& match) {
  EXPECT_TRUE(ranked(report));
  const Cells cells = further(report);
  expect_names(match[1], cells);
  expect_range(match[2], of(cells, share), expect_percent);
  read_costs(report, match[3], cells);
}

/// How much of the missing time the CPU would fill, run by run.
double filled(const CompareReport& report, const CellReport& cell) {
  Values shares;
  for (const Figures& run : cell.runs) {
    const double missing =
        double(run.wall.count()) - double(cell.ideal->time.count());
    const double more = double((run.cpu.user + run.cpu.system).count()) -
                        double(report.items_cpu.count());
    const unsigned cores =
        cell.cell->usable_cores(report.settings.options, report.cores);
    shares.push_back(missing > 0 ? more / cores / missing : 0);
  }
  return median(shares);
}

void read_missing(const CompareReport& report, const Match& match) {
  Cells cells;
  for (const CellReport* cell : further(report))
    if (filled(report, *cell) >= 0.5) cells.push_back(cell);
  expect_names(match[1], cells);
  expect_range(match[2],
               of(cells,
                  [&](const CellReport& cell) {
                    return std::min(filled(report, cell), 1.0);
                  }),
               expect_percent);
}

void read_no_cause(const CompareReport& report, const Match& match) {
  EXPECT_LT(report.others.value_or(0), 0.1) << "that may be the cause";
  Cells cells;
  for (const CellReport* cell : further(report))
    if (filled(report, *cell) < 0.5 && !cell->origin_was_bottleneck &&
        most_refused(*cell, &SpawnFailures::tasks) == 0)
      cells.push_back(cell);
  expect_names(match[1], cells);
}

void read_rank(const CompareReport& report, const Match&) {
  EXPECT_TRUE(ranked(report));
  EXPECT_EQ(report.settings.runs, 1u);
}

void read_more_runs(const CompareReport& report, const Match& match) {
  EXPECT_TRUE(ranked(report));
  EXPECT_GT(std::stoul(match[1]), report.settings.runs);
  Cells open;
  for (const Pattern& pattern : patterns()) {
    const Cells group = of_pattern(report, std::string(pattern.name));
    if (group.size() < 2) continue;
    for (const CellReport* cell : tied(report, group))
      if (wall(*cell) >= 1.05 * wall(*group.front())) open.push_back(cell);
  }
  expect_names(match[2], open);
}

void read_nothing(const CompareReport& report, const Match&) {
  EXPECT_TRUE(report.cells.empty());
}

struct Known {
  const char* what;
  std::regex form;
  Reader read;
};

const std::vector<Known>& known() {
  static const std::vector<Known> all = [] {
    const std::pair<const char*, Reader> forms[] = {
        {R"(Warning: other programs used (\d+%) of the CPU\. Stop )"
         R"(them and rerun\.)",
         read_busy},
        {R"(Warning: the origin used nearly a whole core in runs of )"
         R"((.*), and may have set the pace\. Give it less to do: )"
         R"(longer waits, smaller bodies\.)",
         read_origin},
        {R"(Warning: the system refused (\d+) of the workers of )"
         R"((.*)\. Its times are those of the others\.)",
         read_workers},
        {R"(Warning: (\d+) of the tasks of (.*) had to wait for )"
         R"(another to end: the system refused them a thread or )"
         R"(process\.)",
         read_tasks},
        {R"(Warning: (an item was|\d+ items were) lost with the )"
         R"(process that held (?:it|them), in runs that are not )"
         R"(counted\.)",
         read_lost},
        {R"(interrupted: (\d+) of (\d+) counted items, after (\d+) of )"
         R"((\d+) runs\. Nothing is ranked\.)",
         read_interrupted},
        {R"(interrupted: after \d+ of \d+ runs, none of them counted\.)",
         read_none_counted},
        {R"(Nothing is ranked: after (\d+) of (\d+) runs, the )"
         R"(origin\\x0aexited\.)",
         read_failure},
        {R"(Nothing is ranked: (.*) did not complete and verify every )"
         R"(item\. First error: item (\d+) of (.*), http )"
         R"(404\\x0aFastest in all: me\.\.)",
         read_unverified},
        {R"(Nothing was measured\.)", read_nothing},
        {R"(Fastest in (\w+): (a tie of )?(.*), )"
         R"(([\d.]+ \w+(?: to [\d.]+ \w+)?)( \(.*\))?\.)",
         read_fastest},
        {R"((Only|Shortest) in (\w+): (.*?), ([\d.]+ \w+)( \(.*\))?(, )"
         R"(in one run each, which ranks nothing)?\.)",
         read_only},
        {R"(Bound by one core: (.*): items are processed on the event )"
         R"(loop's only thread( \(.*\))?\.)",
         read_one_core},
        {R"(Faster on (\d+) cores: (.*), ([\dx. to]*) as fast as the )"
         R"(event loop of their pattern\.)",
         read_faster},
        {R"(Bound by CPU: ([^(]*[^( ])( \(.*\))?\.)", read_cpu},
        {R"(At this limit \((\d+)\): (.*) reach (.*) of their ideal\. )"
         R"((.*))",
         read_at_limit},
        {R"(Further off: (.*) reach(?:es)? (.*) of (?:its|their) )"
         R"(ideal\. (.*))",
         read_further},
        {R"(Missing time: in (.*), CPU beyond what the items need )"
         R"(fills (.*) of it\.)",
         read_missing},
        {R"(Missing time: in (.*), no figure here shows the cause\.)",
         read_no_cause},
        {R"(Next: rank the cells with --runs 5\.)", read_rank},
        {R"(Next: tell ties apart with --runs (\d+): (.*) took at )"
         R"(least 5% longer than the fastest of (?:its|their) )"
         R"(pattern\.)",
         read_more_runs}};
    std::vector<Known> list;
    for (const auto& [form, read] : forms)
      list.push_back({form, std::regex(form), read});
    return list;
  }();
  return all;
}

/// Reads every line; how often each form was met is counted.
void read_all(const CompareReport& report,
              std::map<std::string, std::size_t>& met) {
  for (const std::string& line : lines_of(conclude(report))) {
    SCOPED_TRACE(line);
    bool understood = false;
    for (const auto& [what, form, read] : known()) {
      Match match;
      if (!std::regex_match(line, match, form)) continue;
      understood = true;
      ++met[what];
      read(report, match);
      break;
    }
    EXPECT_TRUE(understood) << "a statement that nobody checks";
  }
}

/// What has to be said, where there is reason to.
void expect_complete(const CompareReport& report) {
  const std::string text = conclude(report);
  SCOPED_TRACE(text);
  EXPECT_FALSE(text.empty());
  std::map<const Pattern*, std::size_t> sizes;
  for (const CellReport& cell : report.cells) ++sizes[cell.cell->pattern];
  const bool some = ranked(report), many = report.settings.runs > 1;
  const auto groups = std::size_t(std::ranges::count_if(
      sizes, [](const auto& size) { return size.second > 1; }));
  EXPECT_EQ(count_of(text, "Fastest in "), some && many ? groups : 0);
  EXPECT_EQ(count_of(text, "Shortest in "), some && !many ? groups : 0);
  EXPECT_EQ(count_of(text, "Only in "), some ? sizes.size() - groups : 0);
  EXPECT_EQ(count_of(text, "Warning: other"),
            some && report.others.value_or(0) >= 0.1);
  EXPECT_EQ(count_of(text, "Bound by one core"),
            some && !bound_by_loop(report).empty());
  EXPECT_EQ(count_of(text, "Further off"), some && !further(report).empty());
  EXPECT_EQ(count_of(text, "At this limit"),
            some && limited(report, true, false).size() > 1);
  const bool counted = std::ranges::any_of(
      report.cells, [](const CellReport& cell) { return !cell.runs.empty(); });
  EXPECT_EQ(text.find("Nothing is ranked") != text.npos,
            report.interrupted
                ? counted
                : !report.failure.empty() || (!some && !report.cells.empty()));
}

TEST(Conclusion, SaysOnlyWhatTheFiguresShow) {
  Random random(1);
  std::map<std::string, std::size_t> met;
  for (int i = 0; i < repeats(4'000) && !HasFailure(); ++i) {
    const CompareReport report = report_of(random);
    read_all(report, met);
    expect_complete(report);
  }
  for (const auto& [what, form, read] : known())
    EXPECT_GE(met[what], at_least) << "hardly ever read: " << what;
}

}  // namespace
}  // namespace interleave::conclusions
