#include "bench/compare/difference.hpp"

#include <fmt/format.h>

#include <cmath>

#include "bench/report/metrics.hpp"
#include "bench/report/report.hpp"
#include "bench/text/document.hpp"
#include "bench/text/text.hpp"

namespace interleave {

namespace {

Mark mark_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::faster:
      return Mark::good;
    case Verdict::slower:
    case Verdict::not_comparable:
      return Mark::bad;
    case Verdict::no_difference:
      break;
    case Verdict::within_noise:
      return Mark::faint;
  }
  return Mark::none;
}

std::string describe(std::string_view role, const SavedReport& report) {
  return fmt::format("{}: {}, {}, commit {}", role, report.file, report.date,
                     report.git_commit);
}

std::string interval_of(const Ratio& ratio) {
  if (!std::isfinite(ratio.high)) return "-";
  return fmt::format("{:.3f} to {:.3f}", ratio.low, ratio.high);
}

Columns grid_of(const Difference& difference) {
  Columns table({{"", "cell", 0, true},
                 {"BASE", "ms"},
                 {"NEW", "ms"},
                 {"", "ratio"},
                 {"", "interval"},
                 {"", "verdict", 0, true}});
  const auto wall = [](double ns) {
    return ns > 0 ? shown(ns, Unit::ms) : std::string("-");
  };
  for (const CellDifference& cell : difference.cells) {
    const bool known = cell.why.empty();
    std::string verdict(to_string(cell.verdict));
    if (!known) verdict += ": " + cell.why;
    table.add_row({{cell.name},
                   {wall(cell.base_ns)},
                   {wall(cell.new_ns)},
                   {known ? fmt::format("{:.3f}", cell.ratio.value) : "-"},
                   {known ? interval_of(cell.ratio) : "-"},
                   {verdict, mark_of(cell.verdict)}});
  }
  return table;
}

}  // namespace

std::string written(Document document, const Difference& difference) {
  document.facts(
      {describe("BASE", difference.base), describe("NEW", difference.changed)});
  document.table(grid_of(difference), Rest::below);
  document.note(
      fmt::format("ratio: median wall of NEW / of BASE. The intervals of all "
                  "cells hold at once in {:.4g}% of comparisons. A change "
                  "counts from {:.3g}% on, when its interval does not hold 1.",
                  100 * (1 - difference.settings.error),
                  100 * difference.settings.least),
      Mark::faint);
  document.conclusion(conclude(difference));
  return document.take();
}

}  // namespace interleave
