#include "bench/compare/difference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "bench/compare/clause.hpp"
#include "bench/measure/background_load.hpp"

namespace interleave {

namespace {

std::vector<Disagreement> disagreements(const SavedReport& base,
                                        const SavedReport& changed) {
  std::vector<Disagreement> found;
  for (const auto& [term, value] : base.terms) {
    const auto other = changed.terms.find(term);
    if (other == changed.terms.end())
      found.push_back({term, value, "nothing"});
    else if (other->second != value || value == untold)
      found.push_back({term, value, other->second});
  }
  for (const auto& [term, value] : changed.terms)
    if (!base.terms.contains(term)) found.push_back({term, "nothing", value});
  return found;
}

const SavedCell* find(const SavedReport& report, std::string_view name) {
  const auto found = std::ranges::find(report.cells, name, &SavedCell::name);
  return found == report.cells.end() ? nullptr : &*found;
}

/// Why none of the times must be compared, or nothing.
std::string objection_to_all(const SavedReport& base,
                             const SavedReport& changed,
                             const std::vector<Disagreement>& disagreements) {
  if (!disagreements.empty()) return "contexts differ";
  if (base.others.value_or(0) >= busy_share) return "machine busy in BASE";
  if (changed.others.value_or(0) >= busy_share) return "machine busy in NEW";
  return "";
}

/// Why a cell's times must not be compared, or nothing.
std::string objection(const SavedCell* base, const SavedCell* changed,
                      const std::string& to_all, double least) {
  if (!base) return "only in NEW";
  if (!changed) return "only in BASE";
  if (!to_all.empty()) return to_all;
  for (const auto& [cell, where] :
       {std::pair(base, "BASE"), std::pair(changed, "NEW")}) {
    if (cell->walls_ns.empty()) return fmt::format("not run in {}", where);
    if (!cell->verified) return fmt::format("not verified in {}", where);
  }
  // The pages behind a list's addresses may have become other ones.
  const double old_bytes = base->bytes.value_or(0);
  const double new_bytes = changed->bytes.value_or(old_bytes);
  if (old_bytes != new_bytes && base->bytes &&
      std::max(old_bytes, new_bytes) >=
          (1 + least) * std::min(old_bytes, new_bytes))
    return fmt::format("{:.0f} bytes in BASE, {:.0f} in NEW", old_bytes,
                       new_bytes);
  return "";
}

CellDifference pair_up(const std::string& name, const SavedCell* base,
                       const SavedCell* changed, const std::string& to_all,
                       double least) {
  CellDifference cell;
  cell.name = name;
  cell.why = objection(base, changed, to_all, least);
  if (base) cell.base_runs = base->walls_ns.size();
  if (changed) cell.new_runs = changed->walls_ns.size();
  if (cell.base_runs > 0) cell.base_ns = summarise(base->walls_ns).median;
  if (cell.new_runs > 0) cell.new_ns = summarise(changed->walls_ns).median;
  return cell;
}

Verdict verdict_on(const Ratio& ratio, double least) {
  const double change = std::abs(std::log(ratio.value));
  if (change < std::log1p(least)) return Verdict::no_difference;
  if (ratio.low <= 1 && 1 <= ratio.high) return Verdict::within_noise;
  return ratio.value < 1 ? Verdict::faster : Verdict::slower;
}

std::string names(const Difference& difference, Verdict verdict) {
  std::string text;
  for (const CellDifference& cell : difference.cells)
    if (cell.verdict == verdict)
      text += fmt::format("{}{} ({:.2f}x)", text.empty() ? "" : ", ", cell.name,
                          cell.ratio.value);
  return text;
}

// ---- the conclusion ----

Statements nothing(const Difference& difference) {
  if (!difference.cells.empty()) return {};
  return {"Neither file holds a cell."};
}

Statements other_terms(const Difference& difference) {
  if (difference.cells.empty() || difference.disagreements.empty()) return {};
  const auto& [term, base, changed] = difference.disagreements.front();
  const std::size_t more = difference.disagreements.size() - 1;
  return {fmt::format(
      "Not comparable: contexts differ. {} is {} in BASE and {} in NEW{}: "
      "measure both on one machine, with the same build and options.",
      term, base, changed,
      more == 0 ? "" : fmt::format(", and so do {} more", more))};
}

Statements busy_machine(const Difference& difference) {
  if (!difference.disagreements.empty()) return {};
  Statements all;
  for (const auto& [report, role] : {std::pair(&difference.base, "BASE"),
                                     std::pair(&difference.changed, "NEW")})
    if (report->others.value_or(0) >= busy_share && !report->cells.empty())
      all.push_back(fmt::format(
          "Warning: other programs used {:.0f}% of the CPU while {} was "
          "measured. Stop them and measure it again.",
          100 * *report->others, role));
  return all;
}

Statements incomparable(const Difference& difference) {
  const std::size_t cells = difference.count(Verdict::not_comparable);
  if (cells == 0 || !difference.disagreements.empty()) return {};
  return {fmt::format("Not comparable: {} of {} cells.", cells,
                      difference.cells.size())};
}

Statements slower(const Difference& difference) {
  if (difference.count(Verdict::slower) == 0) return {};
  return {fmt::format("Slower: {}.", names(difference, Verdict::slower))};
}

Statements faster(const Difference& difference) {
  if (difference.count(Verdict::faster) == 0) return {};
  return {fmt::format("Faster: {}.", names(difference, Verdict::faster))};
}

Statements no_difference(const Difference& difference) {
  const std::size_t none = difference.count(Verdict::no_difference);
  if (none == 0) return {};
  return {fmt::format("No difference: of {:.3g}% or more, in {} of {} cells.",
                      difference.settings.least * 100, none,
                      difference.cells.size())};
}

Statements within_noise(const Difference& difference) {
  const std::size_t noise = difference.count(Verdict::within_noise);
  if (noise == 0) return {};
  return {fmt::format(
      "Within noise: in {} of {} cells the medians differ by more, but so "
      "might those of equal runs. Measure with more --runs to tell.",
      noise, difference.cells.size())};
}

}  // namespace

std::string_view to_string(Verdict verdict) {
  switch (verdict) {
    case Verdict::faster:
      return "faster";
    case Verdict::slower:
      return "slower";
    case Verdict::no_difference:
      return "no difference found";
    case Verdict::within_noise:
      return "within noise";
    case Verdict::not_comparable:
      return "not comparable";
  }
  return "";
}

std::size_t Difference::count(Verdict verdict) const {
  return static_cast<std::size_t>(
      std::ranges::count(cells, verdict, &CellDifference::verdict));
}

Difference difference_of(SavedReport base, SavedReport changed,
                         const DiffSettings& settings) {
  Difference all;
  all.settings = settings;
  all.disagreements = disagreements(base, changed);
  const std::string to_all = objection_to_all(base, changed, all.disagreements);
  for (const SavedCell& cell : base.cells)
    all.cells.push_back(pair_up(cell.name, &cell, find(changed, cell.name),
                                to_all, settings.least));
  for (const SavedCell& cell : changed.cells)
    if (!find(base, cell.name))
      all.cells.push_back(
          pair_up(cell.name, nullptr, &cell, to_all, settings.least));

  const auto compared =
      std::ranges::count(all.cells, std::string(), &CellDifference::why);
  all.confidence =
      1 - settings.error /
              static_cast<double>(std::max<std::ptrdiff_t>(compared, 1));
  for (CellDifference& cell : all.cells) {
    if (!cell.why.empty()) continue;
    cell.ratio =
        ratio_of_medians(find(base, cell.name)->walls_ns,
                         find(changed, cell.name)->walls_ns, all.confidence);
    cell.verdict = verdict_on(cell.ratio, settings.least);
  }
  all.base = std::move(base);
  all.changed = std::move(changed);
  return all;
}

std::string conclude(const Difference& difference) {
  return say_all<Difference>(
      difference, {nothing, other_terms, busy_machine, slower, faster,
                   no_difference, within_noise, incomparable});
}

}  // namespace interleave
