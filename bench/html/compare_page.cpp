#include <fmt/format.h>

#include <algorithm>

#include "bench/html/page.hpp"
#include "bench/report/facts.hpp"
#include "bench/text/text.hpp"

namespace interleave::html {

namespace {

/// What a single pattern came to; of several, none is crowned over another.
std::string headline_of(const Page& page) {
  const Entry& first = page.entries[page.first];
  if (page.entries.size() == 1)
    return first.name + " took " + first.text("wall_ns");
  if (first.number("runs") < 2) return "One run each: that ranks nothing";
  if (page.groups.size() > 1)
    return fmt::format("The fastest in each of {} patterns",
                       page.groups.size());
  const std::size_t leaders = page.groups.front().leaders.size();
  if (leaders == 1) return first.name + " is the fastest";
  return fmt::format("{} is the fastest, in a tie with {}", first.name,
                     count_of(leaders - 1, "other"));
}

/// Cells of one comparison as a group: those of `pattern`, or all. Who leads
/// can be said where they have one pattern.
void add_cells(Page& page, PageGroup group, const CompareReport& report,
               const Pattern* pattern, std::string_view at = {}) {
  const Pattern* const ranked =
      pattern ? pattern : report.cells.front().cell->pattern;
  std::vector<const CellReport*> leaders;
  if (pattern || std::ranges::all_of(report.cells, [&](const auto& cell) {
        return cell.cell->pattern == ranked;
      }))
    leaders = report.leaders(*ranked);
  for (const CellReport& cell : report.cells) {
    if (pattern && cell.cell->pattern != pattern) continue;
    group.entries.push_back(page.entries.size());
    Entry& entry = page.entries.emplace_back(entry_of(report, cell));
    entry.name += at;
    entry.leads = std::ranges::find(leaders, &cell) != leaders.end();
  }
  for (const CellReport* leader : leaders)
    for (const std::size_t n : group.entries)
      if (page.entries[n].cell == leader->cell) group.leaders.push_back(n);
  if (!group.entries.empty()) page.groups.push_back(std::move(group));
}

}  // namespace

std::string made_of(std::string_view date, const Context& context) {
  return fmt::format(
      "Measured {} with version {}, commit {}. Timelines show, of each cell, "
      "the run whose wall time was the median.",
      date, context.version, context.git_commit);
}

Page page_of(const CompareReport& report, const Context& context) {
  Page page;
  page.kicker =
      fmt::format("Interleave {}: the same job in {}", context.version,
                  count_of(report.cells.size(), "cell"));
  page.group_word = "pattern";
  for (const Pattern& pattern : patterns())
    add_cells(page,
              {std::string(pattern.name), std::string(pattern.promise), {}},
              report, &pattern);
  page.conclusion = conclude(report);
  if (report.comparable()) {
    const auto median = [](const Entry& entry) {
      return entry.number("wall_ns");
    };
    page.first = static_cast<std::size_t>(
        std::ranges::min_element(page.entries, {}, median) -
        page.entries.begin());
    page.headline = headline_of(page);
    if (page.groups.size() > 1)
      page.lead =
          "Models are compared within a pattern: patterns differ in what "
          "limits "
          "them.";
  } else {
    page.headline = "Nothing is ranked";
  }
  page.job = describe_work(report);
  page.machine = describe_machine(report.cores, context);
  page.made = made_of(report.date, context);
  return page;
}

Page page_of(const SweepReport& report, const Context& context) {
  Page page;
  const std::string_view axis = to_string(report.axis);
  page.kicker = fmt::format("Interleave {}: the same job at several --{}",
                            context.version, axis);
  page.headline = fmt::format("Times by --{}", axis);
  page.conclusion = conclude(report);
  page.group_word = fmt::format("--{}", axis);
  for (std::size_t n = 0; n < report.points.size(); ++n) {
    const std::string value = value_text(report.axis, report.values[n]);
    add_cells(page, {value, "", {}}, report.points[n], nullptr, " at " + value);
  }
  const CompareReport& first = report.points.front();
  page.job = fmt::format("First point: {}.", describe_work(first));
  page.machine = describe_machine(first.cores, context);
  page.made = made_of(first.date, context);
  return page;
}

}  // namespace interleave::html
