// Of equal cells hardly any report claims a difference, however many cells and
// runs it has and whatever their times are like; and a real one is found.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "bench/compare/compare.hpp"
#include "bench/compare/sweep.hpp"
#include "tests/sanitizers.hpp"

namespace interleave {
namespace {

using Random = std::mt19937_64;

/// By how much a run is longer than another, as a logarithm.
using Noise = std::function<double(Random&, double scale)>;

double normal(Random& random, double scale) {
  return std::normal_distribution<double>(0, scale)(random);
}
/// Nothing is faster than it can be; what disturbs has a tail.
double skewed(Random& random, double scale) {
  return std::log1p(std::exponential_distribution<double>(1 / scale)(random));
}
/// A long tail on one side.
double lognormal(Random& random, double scale) {
  return scale * std::exp(normal(random, 1));
}
/// Long tails on both: Student's t of two degrees has no variance.
double heavy(Random& random, double scale) {
  return scale * std::student_t_distribution<double>(2)(random);
}
/// One run in ten takes much longer.
double outliers(Random& random, double scale) {
  const double more = std::uniform_real_distribution<double>(5, 15)(random);
  return normal(random, scale) + (random() % 10 == 0 ? more * scale : 0);
}

struct Model {
  const char* name;
  Noise noise;
  bool unequal = false;  ///< from 0.3% to 9%, else 1.5%
};
const std::vector<Model>& models_of_noise() {
  static const std::vector<Model> all = {{"normal", normal},
                                         {"skewed", skewed},
                                         {"lognormal", lognormal},
                                         {"heavy tails", heavy},
                                         {"outliers", outliers},
                                         {"unequal", normal, true},
                                         {"heavy, unequal", heavy, true}};
  return all;
}

/// Cells that take 100 ms and 1 ms of CPU, and their bounds' sentences.
CompareReport equal_cells(Random& random, const Model& model,
                          const std::string& cells, unsigned runs) {
  CompareReport report;
  report.cores = report.settings.options.cores = 2;
  report.settings.options.limit = 8;
  report.settings.options.batch_size = 8;
  report.settings.runs = runs;
  report.items = 1;
  for (const Cell* which : select_cells(cells)) {
    CellReport& cell = report.cells.emplace_back();
    cell.cell = which;
    cell.verified = true;
    cell.ideal = Ideal{std::chrono::milliseconds(95),
                       report.cells.size() % 3 == 0 ? LimitingFactor::cpu
                                                    : LimitingFactor::limit};
    // In steps that no pattern shares.
    const double place = double(report.cells.size() * 7 % 26) / 25;
    const double scale = model.unequal ? 0.003 * std::pow(30, place) : 0.015;
    for (unsigned run = 0; run < runs; ++run) {
      Figures& figures = cell.runs.emplace_back();
      figures.items = figures.tally.completed = 1;
      const auto ns = [&](double median) {
        return std::chrono::nanoseconds(
            std::llround(median * std::exp(model.noise(random, scale))));
      };
      figures.wall = ns(1e8);
      figures.cpu.user = ns(1e6);
    }
    add_figures(cell);
  }
  return report;
}

/// What a conclusion claims of two cells: that one is faster, or costs less.
bool claims_a_difference(const CompareReport& report) {
  const std::string text = conclude(report);
  for (const Pattern& pattern : patterns()) {
    const auto at = text.find(fmt::format("Fastest in {}: ", pattern.name));
    if (at == std::string::npos) continue;
    const std::string line = text.substr(at, text.find('\n', at) - at);
    for (const CellReport& cell : report.cells)
      if (cell.cell->pattern == &pattern &&
          line.find(cell.cell->name()) == std::string::npos)
        return true;
  }
  return text.find("\nFaster on ") != std::string::npos ||
         text.find("CPU per item from ") != std::string::npos;
}

/// Of so few as under a sanitizer, a few more may be chance.
int allowed(int reports) {
  return reports / 20 + (under_a_sanitizer ? 2 : 0);
}

// The true shares are below 3%, so that 300 reports each leave room for chance;
// fixed seeds make it the same every time.
TEST(Ties, OfEqualCellsAreBrokenInOneReportOfTwentyAtMost) {
  constexpr int reports = repeats(300);
  for (const char* cells : {"*", "*/queue", "threads/queue,async/queue"})
    for (const Model& model : models_of_noise())
      for (const unsigned runs : {2u, 3u, 5u, 9u, 30u}) {
        Random random(runs);
        int claims = 0;
        for (int i = 0; i < reports; ++i)
          claims +=
              claims_a_difference(equal_cells(random, model, cells, runs));
        EXPECT_LE(claims, allowed(reports))
            << model.name << " noise, " << runs << " runs, cells " << cells;
      }
}

// As many points as the usual sweep has, and all that is said of them.
TEST(Ties, OfASweepOfEqualCellsAreBrokenInOneOfTwentyAtMost) {
  constexpr int sweeps = repeats(300), values = 7;
  for (const Model& model : models_of_noise())
    for (const unsigned runs : {3u, 5u, 9u}) {
      Random random(runs);
      int claims = 0;
      for (int i = 0; i < sweeps; ++i) {
        SweepReport sweep;
        for (int value = 1; value <= values; ++value) {
          sweep.values.push_back(std::uint64_t(value));
          sweep.points.push_back(
              equal_cells(random, model,
                          "threads/queue,processes/queue,async/queue", runs));
          sweep.points.back().settings.places = values;
        }
        const std::string text = conclude(sweep);
        bool claim = text.find("Ahead: ") != std::string::npos ||
                     text.find("Crossover: ") != std::string::npos;
        for (const CompareReport& point : sweep.points)
          claim |= point.leaders(*point.cells.front().cell->pattern).size() < 3;
        claims += claim;
      }
      EXPECT_LE(claims, allowed(sweeps))
          << model.name << ", " << runs << " runs";
    }
}

/// How often a queue that takes longer than the three others is not in a tie.
double found(double longer, double scale, const std::string& cells,
             unsigned runs) {
  constexpr int reports = 200;
  Random random(1);
  int found = 0;
  for (int i = 0; i < reports; ++i) {
    const Model model{"",
                      [&](Random& any, double) { return normal(any, scale); }};
    CompareReport report = equal_cells(random, model, cells, runs);
    for (CellReport& cell : report.cells) {
      if (cell.cell->name() != "processes/queue") continue;
      for (Figures& run : cell.runs)
        run.wall = std::chrono::nanoseconds(
            std::llround(double(run.wall.count()) * (1 + longer)));
      add_figures(cell);
    }
    const std::string text = conclude(report);
    const std::size_t at = text.find("Fastest in queue: ");
    const std::string line = text.substr(at, text.find('\n', at) - at);
    found += line.find("processes/queue") == std::string::npos;
  }
  return double(found) / reports;
}

TEST(Ties, EndWhereFiveRunsShowATenthAmongAllCells) {
  EXPECT_GE(found(0.10, 0.010, "*", 5), 0.95);
  EXPECT_GE(found(0.10, 0.015, "*", 5), 0.80);
  EXPECT_GE(found(0.20, 0.020, "*", 5), 0.95);
  EXPECT_GE(found(0.10, 0.020, "*/queue", 5), 0.80);
  EXPECT_GE(found(0.05, 0.010, "*", 9), 0.90);
  EXPECT_GE(found(0.02, 0.010, "*", 30), 0.90);
}

}  // namespace
}  // namespace interleave
