#include "bench/report/difference.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "bench/text/columns.hpp"
#include "bench/text/text.hpp"
#include "bench/text/units.hpp"

namespace interleave {

namespace {

using Json = nlohmann::ordered_json;

std::string time(double ns) {
  return format_duration(
      std::chrono::nanoseconds(static_cast<std::int64_t>(ns)));
}

std::string ratio_of(const CellDifference& cell) {
  return fmt::format("{:.3f}", cell.ratio.value);
}

std::string interval_of(const CellDifference& cell) {
  if (!std::isfinite(cell.ratio.high)) return "-";
  return fmt::format("{:.3f} to {:.3f}", cell.ratio.low, cell.ratio.high);
}

std::string verdict_of(const CellDifference& cell) {
  std::string text(to_string(cell.verdict));
  return cell.why.empty() ? text : text + ": " + cell.why;
}

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

/// How the figures came about.
std::string reading_of(const Difference& difference) {
  const double least = difference.settings.least;
  return fmt::format(
      "ratio: median wall of NEW / of BASE. The intervals of all cells hold at "
      "once in {:.4g} % of comparisons. A change counts from {:.3g} % on, when "
      "its interval does not hold 1.",
      100 * (1 - difference.settings.error), least * 100);
}

Json side_json(const SavedReport& report) {
  return {{"file", report.file},
          {"date", report.date},
          {"git_commit", report.git_commit},
          {"others_cpu_share",
           report.others ? Json(*report.others) : Json(nullptr)}};
}

Json whole(double value) {
  return value > 0 ? Json(std::llround(value)) : Json(nullptr);
}

Json cell_json(const CellDifference& cell) {
  const bool known = cell.why.empty();
  const auto number = [&](double value) {
    return known && std::isfinite(value) ? Json(value) : Json(nullptr);
  };
  return {{"cell", cell.name},
          {"verdict", to_string(cell.verdict)},
          {"why", cell.why.empty() ? Json(nullptr) : Json(cell.why)},
          {"ratio", number(cell.ratio.value)},
          {"ratio_low",
           std::isfinite(cell.ratio.high) ? number(cell.ratio.low) : nullptr},
          {"ratio_high", number(cell.ratio.high)},
          {"base_wall_ns", whole(cell.base_ns)},
          {"new_wall_ns", whole(cell.new_ns)},
          {"base_runs", cell.base_runs},
          {"new_runs", cell.new_runs}};
}

}  // namespace

std::string table_of(const Difference& difference, const Style& style) {
  Columns columns({{"", "cell", 0, true},
                   {"BASE", "ms", 3},
                   {"NEW", "ms", 4},
                   {"", "ratio", 1},
                   {"", "interval", 5},
                   {"", "verdict", 2, true}});
  const auto ms = [](double ns) {
    return ns > 0 ? significant(ns / 1e6) : std::string("-");
  };
  for (const CellDifference& cell : difference.cells)
    columns.add_row({{cell.name},
                     {ms(cell.base_ns)},
                     {ms(cell.new_ns)},
                     {cell.why.empty() ? ratio_of(cell) : "-"},
                     {cell.why.empty() ? interval_of(cell) : "-"},
                     {verdict_of(cell), mark_of(cell.verdict)}});
  std::string text = wrap(describe("BASE", difference.base), style.columns, 2);
  text += wrap(describe("NEW", difference.changed), style.columns, 2);
  text += '\n' + columns.render(style) + '\n';
  text +=
      marked(wrap(reading_of(difference), style.columns), Mark::faint, style);
  return text + '\n' + statements(conclude(difference), style.columns);
}

std::string json_of(const Difference& difference) {
  Json json = {{"schema", "interleave/diff/v1"},
               {"base", side_json(difference.base)},
               {"new", side_json(difference.changed)},
               {"least_change", difference.settings.least},
               {"error", difference.settings.error},
               {"confidence", difference.confidence},
               {"disagreements", Json::array()},
               {"slower", difference.count(Verdict::slower)},
               {"faster", difference.count(Verdict::faster)},
               {"conclusion", conclude(difference)},
               {"cells", Json::array()}};
  for (const auto& [term, base, changed] : difference.disagreements)
    json["disagreements"].push_back(
        {{"term", term}, {"base", base}, {"new", changed}});
  for (const CellDifference& cell : difference.cells)
    json["cells"].push_back(cell_json(cell));
  return json.dump(2) + '\n';
}

std::string markdown_of(const Difference& difference) {
  std::string text = fmt::format(
      "{}\\\n{}\n\n| cell | BASE | NEW | ratio | interval | verdict |\n"
      "|---|--:|--:|--:|--:|---|\n",
      escape_markdown(describe("BASE", difference.base)),
      escape_markdown(describe("NEW", difference.changed)));
  for (const CellDifference& cell : difference.cells) {
    const bool known = cell.why.empty();
    const std::array<std::string, 6> fields = {
        cell.name,
        cell.base_ns > 0 ? time(cell.base_ns) : "",
        cell.new_ns > 0 ? time(cell.new_ns) : "",
        known ? ratio_of(cell) : "",
        known ? interval_of(cell) : "",
        verdict_of(cell)};
    for (const std::string& field : fields)
      text += "| " + escape_markdown(field) + ' ';
    text += "|\n";
  }
  return text + '\n' + escape_markdown(reading_of(difference)) + "\n\n" +
         statements_markdown(conclude(difference));
}

}  // namespace interleave
