// Reports drawn at random, and readers of what a conclusion says of their
// figures.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <chrono>
#include <cmath>
#include <map>
#include <random>
#include <regex>
#include <string>
#include <utility>
#include <vector>

#include "bench/compare/compare.hpp"
#include "tests/sanitizers.hpp"

namespace interleave::conclusions {

using namespace std::chrono_literals;
using Random = std::mt19937_64;
using Values = std::vector<double>;
using Match = std::smatch;
using Cells = std::vector<const CellReport*>;

// ---- drawing ----

inline double uniform(Random& random, double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(random);
}
inline bool chance(Random& random, double share) {
  return uniform(random, 0, 1) < share;
}
template <class Value>
Value one_of(Random& random, std::vector<Value> values) {
  return values[random() % values.size()];
}
inline std::chrono::nanoseconds ns(double value) {
  return std::chrono::nanoseconds(std::llround(value));
}

/// A run that completed, with user and system time in any proportion.
inline Figures run_of(Random& random, std::size_t items, double wall_ns,
                      double cpu_ns) {
  Figures run;
  run.items = run.tally.completed = items;
  run.wall = ns(wall_ns);
  const double user = uniform(random, 0.2, 0.8);
  run.cpu = {ns(cpu_ns * user), ns(cpu_ns) - ns(cpu_ns * user)};
  run.digest = 7;
  return run;
}

inline void fail_an_item(Random& random, Figures& run) {
  run.tally.completed -= 1;
  run.tally.failed += 1;
  run.digest = 8;
  const std::size_t item = random() % run.items;
  run.errors = {{item, {ErrorKind::http, "http 404\nFastest in all: me."}}};
}

inline std::vector<Item> items_of(Random& random) {
  std::vector<Item> items(1 + random() % 60);
  const bool known = !chance(random, 0.1);
  const auto wait = one_of<Clock::duration>(random, {0ms, 1ms, 20ms});
  const auto cpu = one_of<Clock::duration>(random, {0ms, 0ms, 4ms, 10ms});
  for (std::size_t i = 0; i < items.size(); ++i) {
    items[i].id = i;
    if (known) items[i].wait = wait;
    if (known) items[i].cpu = cpu;
  }
  return items;
}

inline std::vector<const Cell*> cells_of(Random& random) {
  const auto cells = select_cells(one_of<std::string>(
      random, {"*", "*/queue", "async/*", "threads/queue", "*/batches",
               "async/queue,threads/queue,async/pipeline", "*/gather,*/queue",
               "async/one_by_one", "*/semaphore,processes/*"}));
  return cells;
}

/// What is the same for all cells, then each of them around its ideal, or
/// around one time for all.
inline CompareReport report_of(Random& random) {
  CompareReport report;
  Options& options = report.settings.options;
  report.cores = options.cores =
      one_of<unsigned>(random, {1, 1, 2, 2, 4, 8, 64});
  options.limit = one_of<unsigned>(random, {1, 4, 8, 8});
  options.batch_size = one_of<unsigned>(random, {1, 4, 8, 8});
  report.settings.runs = one_of<unsigned>(random, {1, 2, 3, 5, 5, 5, 9, 20});
  const std::vector<Item> items = items_of(random);
  report.items = items.size();
  for (const Item& item : items) report.items_cpu += item.cpu;
  if (chance(random, 0.3)) report.others = uniform(random, 0, 0.3);
  if (chance(random, 0.05)) report.lost_uncounted = 1 + random() % 3;
  report.interrupted = chance(random, 0.05);
  if (chance(random, 0.05)) report.failure = "the origin\nexited";
  report.runs_planned = 100;
  report.runs_done = random() % 100;

  const bool at_once = report.interrupted && chance(random, 0.3);
  const bool equal = chance(random, 0.3);
  const double level = uniform(random, 0.4, 1.02);
  if (!chance(random, 0.04)) report.settings.cells = cells_of(random);
  for (const Cell* which : report.settings.cells) {
    CellReport& cell = report.cells.emplace_back();
    cell.cell = which;
    cell.ideal = ideal(*which, Workload(items), options, options.cores);
    const double least = cell.ideal && !equal
                             ? static_cast<double>(cell.ideal->time.count())
                             : 50e6;
    const double share = equal ? level : uniform(random, 0.3, 1.02);
    const double noise = one_of<double>(random, {0.001, 0.01, 0.05});
    const double cpu = uniform(random, 1e4, 3e6) * double(items.size()) +
                       double(report.items_cpu.count());
    const bool failing = chance(random, 0.01), origin = chance(random, 0.05);
    const bool refused = chance(random, 0.05);
    std::normal_distribution<double> scatter(0, noise);
    const std::size_t runs = at_once ? 0
                             : report.interrupted
                                 ? random() % (report.settings.runs + 1)
                                 : report.settings.runs;
    for (std::size_t n = 0; n < runs; ++n) {
      const double wall = least / share * std::exp(scatter(random));
      Figures& run = cell.runs.emplace_back(
          run_of(random, items.size(), wall, cpu * std::exp(scatter(random))));
      if (origin) run.origin_cpu = ns(uniform(random, 0.85, 0.95) * wall);
      if (refused) run.refused = {random() % 3, random() % 3};
      if (failing && chance(random, 0.7)) fail_an_item(random, run);
    }
    add_figures(cell);
    cell.verified = !cell.runs.empty();
    for (const Figures& run : cell.runs)
      cell.verified &= run.tally.completed == items.size();
  }
  return report;
}

// ---- reading: the figures once more, from the runs alone ----

inline double median(Values values) {
  std::ranges::sort(values);
  const std::size_t n = values.size();
  return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

inline Values walls(const CellReport& cell) {
  Values values;
  for (const Figures& run : cell.runs)
    values.push_back(double(run.wall.count()));
  return values;
}

/// User and system together, run by run.
inline Values cpus(const CellReport& cell) {
  Values values;
  for (const Figures& run : cell.runs)
    values.push_back(double((run.cpu.user + run.cpu.system).count()));
  return values;
}

inline double wall(const CellReport& cell) {
  return median(walls(cell));
}
inline double cpu_per_item(const CellReport& cell) {
  return median(cpus(cell)) / double(cell.runs.front().items);
}
inline double share(const CellReport& cell) {
  return double(cell.ideal->time.count()) / wall(cell);
}

/// At least 85%, as it is shown.
inline bool is_near(const CellReport& cell) {
  return std::round(100 * share(cell)) >= 85;
}

/// Welch's test of the logarithms, at a two-sided level, and intervals of 95%
/// or all values that do not overlap.
inline bool apart(Values a, Values b, double level) {
  if (a.size() < 2) return false;
  std::ranges::sort(a);
  std::ranges::sort(b);
  const auto end = [](const Values& values) {
    const boost::math::binomial_distribution<> below(double(values.size()), .5);
    std::size_t k = 1;
    while (2 * (k + 1) <= values.size() &&
           1 - 2 * cdf(below, double(k)) >= 0.95)
      ++k;
    return std::pair(values[k - 1], values[values.size() - k]);
  };
  if (end(a).first <= end(b).second && end(b).first <= end(a).second)
    return false;
  const auto moments = [](const Values& values) {
    double sum = 0, squares = 0;
    for (const double value : values) sum += std::log(value);
    const double mean = sum / double(values.size());
    for (const double value : values)
      squares += std::pow(std::log(value) - mean, 2);
    return std::pair(
        mean, squares / double(values.size() - 1) / double(values.size()));
  };
  const auto [mean_a, of_a] = moments(a);
  const auto [mean_b, of_b] = moments(b);
  const double freedom =
      std::pow(of_a + of_b, 2) /
      (of_a * of_a / double(a.size() - 1) + of_b * of_b / double(b.size() - 1));
  const boost::math::students_t_distribution<> student(freedom);
  const double t = std::abs(mean_a - mean_b) / std::sqrt(of_a + of_b);
  return 2 * cdf(complement(student, t)) < level;
}

/// Whether two cells of a pattern differ: all pairs of all patterns share the
/// error.
inline bool times_apart(const CompareReport& report, const CellReport& a,
                        const CellReport& b) {
  std::size_t pairs = 0;
  for (const CellReport& x : report.cells)
    for (const CellReport& y : report.cells)
      pairs += &x < &y && x.cell->pattern == y.cell->pattern;
  return apart(walls(a), walls(b),
               0.02 / double(pairs * report.settings.places));
}

inline bool ranked(const CompareReport& report) {
  return !report.cells.empty() && !report.interrupted &&
         report.failure.empty() &&
         std::ranges::all_of(report.cells, [&](const CellReport& cell) {
           return std::ranges::all_of(cell.runs, [&](const Figures& run) {
             return run.tally.completed == report.items;
           });
         });
}

inline const CellReport& named(const CompareReport& report,
                               const std::string& name) {
  for (const CellReport& cell : report.cells)
    if (cell.cell->name() == name) return cell;
  throw std::runtime_error("no cell is called " + name);
}

inline double seconds_of(const std::string& text) {
  const std::map<std::string, double> units = {
      {"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
  const std::size_t space = text.find(' ');
  return std::stod(text) * units.at(text.substr(space + 1));
}

/// As printed, with three digits.
inline void expect_time(const std::string& text, double ns) {
  EXPECT_NEAR(seconds_of(text), ns, 0.006 * ns + 1) << text;
}
inline void expect_percent(const std::string& text, double share) {
  EXPECT_NEAR(std::stod(text), 100 * share, 0.51) << text;
}

/// "a to b" or "a", against the least and the most.
inline void expect_range(const std::string& text, const Values& values,
                         void (*expect)(const std::string&, double)) {
  const std::size_t to = text.find(" to ");
  expect(text.substr(0, to), std::ranges::min(values));
  expect(to == text.npos ? text : text.substr(to + 4),
         std::ranges::max(values));
}

template <class Figure>
Values of(const Cells& cells, Figure figure) {
  Values values;
  for (const CellReport* cell : cells) values.push_back(figure(*cell));
  return values;
}

/// "a", "a and b", "a, b, c and 4 more": the first of these, and how many.
inline void expect_names(std::string text, const Cells& cells) {
  std::size_t more = 0;
  if (Match match;
      std::regex_match(text, match, std::regex(R"((.*) and (\d+) more)"))) {
    more = std::stoul(match[2]);
    text = match[1].str();
  } else if (const std::size_t at = text.find(" and "); at != text.npos) {
    text.replace(at, 5, ", ");
  }
  std::vector<std::string> listed;
  for (std::size_t from = 0; from <= text.size();) {
    const std::size_t end = std::min(text.find(", ", from), text.size());
    listed.push_back(text.substr(from, end - from));
    from = end + 2;
  }
  ASSERT_EQ(listed.size() + more, cells.size()) << text;
  for (std::size_t i = 0; i < listed.size(); ++i)
    EXPECT_EQ(listed[i], cells[i]->cell->name());
}

template <class Which>
Cells those(const CompareReport& report, Which which) {
  Cells cells;
  for (const CellReport& cell : report.cells)
    if (which(cell)) cells.push_back(&cell);
  return cells;
}

inline Cells of_pattern(const CompareReport& report, const std::string& name) {
  Cells cells = those(report, [&](const CellReport& cell) {
    return cell.cell->pattern->name == name;
  });
  std::ranges::stable_sort(cells, {},
                           [](const CellReport* cell) { return wall(*cell); });
  return cells;
}

inline Cells tied(const CompareReport& report, const Cells& group) {
  Cells first;
  for (const CellReport* cell : group)
    if (!times_apart(report, *cell, *group.front())) first.push_back(cell);
  return first;
}

inline bool by(const CellReport& cell, LimitingFactor bound) {
  return cell.ideal && cell.ideal->bound == bound;
}
inline bool on_loop(const CellReport& cell) {
  return cell.cell->model->name == "async" &&
         cell.cell->pattern->name != "pipeline";
}
inline bool in_parallel(const CellReport& cell) {
  return cell.cell->pattern->name != "one_by_one";
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return lines;
}

inline std::size_t count_of(const std::string& text, const std::string& label) {
  std::size_t count = 0;
  for (const std::string& line : lines_of(text))
    count += line.starts_with(label);
  return count;
}

/// How often each statement must have been read.
inline constexpr std::size_t at_least = under_a_sanitizer ? 0 : 10;

}  // namespace interleave::conclusions
