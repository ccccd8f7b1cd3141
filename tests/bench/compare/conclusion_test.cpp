// Every statement of every conclusion against the figures of its report:
// thousands of reports, drawn at random, whose text is read like a person does.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>
#include <functional>
#include <map>
#include <random>
#include <regex>
#include <set>
#include <string>
#include <vector>

#include "bench/compare/compare.hpp"
#include "bench/compare/scale.hpp"
#include "bench/compare/sweep.hpp"
#include "tests/sanitizers.hpp"

namespace interleave {
namespace {

using namespace std::chrono_literals;
using Random = std::mt19937_64;
using Values = std::vector<double>;
using Names = std::vector<std::string>;
using Match = std::smatch;

// ---- drawing ----

double uniform(Random& random, double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(random);
}
bool chance(Random& random, double share) {
  return uniform(random, 0, 1) < share;
}
template <class Value>
Value one_of(Random& random, std::vector<Value> values) {
  return values[random() % values.size()];
}
std::chrono::nanoseconds ns(double value) {
  return std::chrono::nanoseconds(std::llround(value));
}

/// A run that completed, with user and system time in any proportion.
Figures run_of(Random& random, std::size_t items, double wall_ns,
               double cpu_ns) {
  Figures run;
  run.items = run.tally.completed = items;
  run.wall = ns(wall_ns);
  const double user = uniform(random, 0.2, 0.8);
  run.cpu = {ns(cpu_ns * user), ns(cpu_ns) - ns(cpu_ns * user)};
  run.digest = 7;
  return run;
}

void fail_an_item(Random& random, Figures& run) {
  run.tally.completed -= 1;
  run.tally.failed += 1;
  run.digest = 8;
  const std::size_t item = random() % run.items;
  run.errors = {{item, {ErrorKind::http, "http 404\nFastest in all: me."}}};
}

std::vector<Item> items_of(Random& random) {
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

std::vector<const Cell*> cells_of(Random& random) {
  const auto cells = select_cells(one_of<std::string>(
      random, {"*", "*/queue", "async/*", "threads/queue", "*/batches",
               "async/queue,threads/queue,async/pipeline", "*/gather,*/queue",
               "async/one_by_one", "*/semaphore,processes/*"}));
  return cells;
}

/// What is the same for all cells, then each of them around its ideal, or
/// around one time for all.
CompareReport report_of(Random& random) {
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

double median(Values values) {
  std::ranges::sort(values);
  const std::size_t n = values.size();
  return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

Values walls(const CellReport& cell) {
  Values values;
  for (const Figures& run : cell.runs)
    values.push_back(double(run.wall.count()));
  return values;
}

/// User and system together, run by run.
Values cpus(const CellReport& cell) {
  Values values;
  for (const Figures& run : cell.runs)
    values.push_back(double((run.cpu.user + run.cpu.system).count()));
  return values;
}

double wall(const CellReport& cell) {
  return median(walls(cell));
}
double cpu_per_item(const CellReport& cell) {
  return median(cpus(cell)) / double(cell.runs.front().items);
}
double share(const CellReport& cell) {
  return double(cell.ideal->time.count()) / wall(cell);
}

/// Welch's test of the logarithms, at a two-sided level, and intervals of 95%
/// or all values that do not overlap.
bool apart(Values a, Values b, double level) {
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
bool times_apart(const CompareReport& report, const CellReport& a,
                 const CellReport& b) {
  std::size_t pairs = 0;
  for (const CellReport& x : report.cells)
    for (const CellReport& y : report.cells)
      pairs += &x < &y && x.cell->pattern == y.cell->pattern;
  return apart(walls(a), walls(b),
               0.02 / double(pairs * report.settings.places));
}

bool ranked(const CompareReport& report) {
  return !report.cells.empty() && !report.interrupted &&
         report.failure.empty() &&
         std::ranges::all_of(report.cells, [&](const CellReport& cell) {
           return std::ranges::all_of(cell.runs, [&](const Figures& run) {
             return run.tally.completed == report.items;
           });
         });
}

const CellReport& named(const CompareReport& report, const std::string& name) {
  for (const CellReport& cell : report.cells)
    if (cell.cell->name() == name) return cell;
  throw std::runtime_error("no cell is called " + name);
}

double seconds_of(const std::string& text) {
  const std::map<std::string, double> units = {
      {"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
  const std::size_t space = text.find(' ');
  return std::stod(text) * units.at(text.substr(space + 1));
}

/// As printed, with three digits.
void expect_time(const std::string& text, double ns) {
  EXPECT_NEAR(seconds_of(text), ns, 0.006 * ns + 1) << text;
}
void expect_percent(const std::string& text, double share) {
  EXPECT_NEAR(std::stod(text), 100 * share, 0.51) << text;
}

/// "a to b" or "a", against the least and the most.
void expect_range(const std::string& text, const Values& values,
                  void (*expect)(const std::string&, double)) {
  const std::size_t to = text.find(" to ");
  expect(text.substr(0, to), std::ranges::min(values));
  expect(to == text.npos ? text : text.substr(to + 4),
         std::ranges::max(values));
}

template <class Figure>
Values of(const std::vector<const CellReport*>& cells, Figure figure) {
  Values values;
  for (const CellReport* cell : cells) values.push_back(figure(*cell));
  return values;
}

using Cells = std::vector<const CellReport*>;

/// "a", "a and b", "a, b, c and 4 more": the first of these, and how many.
void expect_names(std::string text, const Cells& cells) {
  std::size_t more = 0;
  if (Match match;
      std::regex_match(text, match, std::regex(R"((.*) and (\d+) more)"))) {
    more = std::stoul(match[2]);
    text = match[1].str();
  } else if (const std::size_t at = text.find(" and "); at != text.npos) {
    text.replace(at, 5, ", ");
  }
  Names listed;
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

Cells of_pattern(const CompareReport& report, const std::string& name) {
  Cells cells = those(report, [&](const CellReport& cell) {
    return cell.cell->pattern->name == name;
  });
  std::ranges::stable_sort(cells, {},
                           [](const CellReport* cell) { return wall(*cell); });
  return cells;
}

Cells tied(const CompareReport& report, const Cells& group) {
  Cells first;
  for (const CellReport* cell : group)
    if (!times_apart(report, *cell, *group.front())) first.push_back(cell);
  return first;
}

bool by(const CellReport& cell, Bound bound) {
  return cell.ideal && cell.ideal->bound == bound;
}
bool on_loop(const CellReport& cell) {
  return cell.cell->model->name == "async" &&
         cell.cell->pattern->name != "pipeline";
}
bool in_parallel(const CellReport& cell) {
  return cell.cell->pattern->name != "one_by_one";
}

// ---- each statement ----

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
  EXPECT_EQ(match[3].str(), by(cell, Bound::waiting) ? "waiting"
                            : by(cell, Bound::cpu)   ? "CPU"
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

std::size_t most_refused(const CellReport& cell, std::size_t Refusals::* what) {
  std::size_t most = 0;
  for (const Figures& run : cell.runs) most = std::max(most, run.refused.*what);
  return most;
}

void read_workers(const CompareReport& report, const Match& match) {
  EXPECT_EQ(std::stoul(match[1]),
            most_refused(named(report, match[2]), &Refusals::workers));
}
void read_tasks(const CompareReport& report, const Match& match) {
  EXPECT_EQ(std::stoul(match[1]),
            most_refused(named(report, match[2]), &Refusals::tasks));
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
  return by(cell, Bound::cpu) &&
         (share(cell) >= 0.85 || median(cpu) >= 0.5 * cores * wall(cell));
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
    return by(cell, Bound::limit) && (share(cell) >= 0.85) == near &&
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
           (by(cell, Bound::cpu) && in_parallel(cell) && share(cell) < 0.85 &&
            !cpu_decides(report, cell));
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
        most_refused(*cell, &Refusals::tasks) == 0)
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

/// How often each statement must have been read.
constexpr std::size_t at_least = under_a_sanitizer ? 0 : 10;

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
        {R"(Warning: the server used nearly a whole core in runs of )"
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

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t end = std::min(text.find('\n', from), text.size());
    lines.push_back(text.substr(from, end - from));
    from = end + 1;
  }
  return lines;
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

std::size_t count_of(const std::string& text, const std::string& label) {
  std::size_t count = 0;
  for (const std::string& line : lines_of(text))
    count += line.starts_with(label);
  return count;
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

// ---- sweeps ----

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

// ---- scale ----

TEST(Conclusion, OfAScaleSeriesSaysOnlyWhatTheFiguresShow) {
  const std::regex in_flight(
      R"(In flight: (.*) with (requests|sleeping items), up to )"
      R"((\d+) at once(; at (\d+): (.*))?\.)");
  const std::regex not_run(
      R"(Not run: (.*) with (requests|sleeping items); at (\d+): )"
      R"((.*)\.)");
  const std::regex interrupted(
      R"(interrupted: in the last of (\d+) ladders\.)");
  Random random(3);
  for (int i = 0; i < repeats(2'000) && !HasFailure(); ++i) {
    ScaleReport report;
    for (const Cell* cell : select_cells("*/gather")) {
      Ladder& ladder = report.ladders.emplace_back();
      ladder.cell = cell;
      ladder.requests = chance(random, 0.5);
      for (std::size_t items = 1; chance(random, 0.8); items *= 10) {
        Rung& rung = ladder.rungs.emplace_back();
        rung.items = items;
        rung.in_flight = 1 + random() % items;
      }
      if (chance(random, 0.5) || ladder.rungs.empty()) {
        ladder.ended_at = 1 + random() % 1000;
        ladder.wall = "no\nmore";
      }
    }
    report.interrupted = chance(random, 0.2);
    std::size_t lines = 0;
    for (const std::string& line : lines_of(conclude(report))) {
      SCOPED_TRACE(line);
      Match match;
      if (std::regex_match(line, match, interrupted)) {
        EXPECT_TRUE(report.interrupted);
        EXPECT_EQ(std::stoul(match[1]), report.ladders.size());
        continue;
      }
      ++lines;
      const bool ran = std::regex_match(line, match, in_flight);
      ASSERT_TRUE(ran || std::regex_match(line, match, not_run));
      const std::string name = match[1];
      const auto ladder = std::ranges::find_if(
          report.ladders,
          [&](const Ladder& one) { return one.cell->name() == name; });
      ASSERT_NE(ladder, report.ladders.end());
      EXPECT_EQ(match[2] == "requests", ladder->requests);
      EXPECT_EQ(ran, !ladder->rungs.empty());
      if (!ran) {
        EXPECT_EQ(std::stoul(match[3]), ladder->ended_at);
        continue;
      }
      std::size_t most = 0;
      for (const Rung& rung : ladder->rungs)
        most = std::max(most, rung.in_flight);
      EXPECT_EQ(std::stoul(match[3]), most);
      EXPECT_EQ(match[4].matched, ladder->ended_at > 0);
      if (match[4].matched) {
        EXPECT_EQ(std::stoul(match[5]), ladder->ended_at);
      }
    }
    EXPECT_EQ(lines, report.ladders.size());
  }
}

}  // namespace
}  // namespace interleave
