#include <fmt/format.h>

#include <algorithm>

#include "bench/html/page.hpp"
#include "bench/report/facts.hpp"
#include "bench/text/text.hpp"
#include "bench/text/units.hpp"

namespace interleave {

namespace {

void add_groups(Page& page, const CompareReport& report) {
  for (const Pattern& pattern : patterns()) {
    PageGroup group{
        std::string(pattern.name), std::string(pattern.promise), {}, {}};
    for (std::size_t n = 0; n < report.cells.size(); ++n)
      if (report.cells[n].cell->pattern == &pattern) group.entries.push_back(n);
    if (!group.entries.empty()) page.groups.push_back(std::move(group));
  }
}

std::string milliseconds(double ns) {
  return format_duration(
      std::chrono::nanoseconds(static_cast<std::int64_t>(ns)));
}

/// What a single pattern came to; of several, none is crowned over another.
std::string headline_of(const Page& page) {
  const PageEntry& first = page.entries[page.first];
  if (page.entries.size() == 1)
    return first.name + " took " + milliseconds(first.wall.median);
  if (first.runs < 2) return "One run each: that ranks nothing";
  if (page.groups.size() > 1)
    return fmt::format("The fastest in each of {} patterns",
                       page.groups.size());
  const std::size_t leaders = page.groups.front().leaders.size();
  if (leaders == 1) return first.name + " is the fastest";
  return fmt::format("{} is the quickest, in a tie with {}", first.name,
                     count_of(leaders - 1, "other"));
}

/// The first lines of the page.
void add_headline(Page& page, const CompareReport& report) {
  if (!report.comparable()) {
    page.headline = "Nothing is ranked";
    page.lead = conclude(report);
    return;
  }
  page.first = static_cast<std::size_t>(
      std::ranges::min_element(
          page.entries, {},
          [](const PageEntry& entry) { return entry.wall.median; }) -
      page.entries.begin());
  page.headline = headline_of(page);
  const PageEntry& first = page.entries[page.first];
  if (page.groups.size() > 1)
    page.lead =
        "Models are compared within a pattern: patterns differ in what limits "
        "them.";
  else if (first.ideal)
    page.lead = fmt::format(
        "{}: {:.0f}% of its ideal of {}, bound by {}.",
        milliseconds(first.wall.median),
        100 * static_cast<double>(first.ideal->count()) / first.wall.median,
        format_duration(*first.ideal), first.bound);
}

}  // namespace

PageEntry entry_of(const CompareReport& report, const CellReport& cell) {
  PageEntry entry;
  entry.name = cell.cell->name();
  entry.cell = cell.cell;
  entry.verified = cell.verified;
  entry.trouble = trouble(report, cell);
  entry.wall = cell.wall;
  entry.runs = cell.runs.size();
  if (cell.ideal) {
    entry.ideal = cell.ideal->time;
    entry.bound = to_string(cell.ideal->bound);
  }
  entry.speedup = speedup(report, cell);
  if (!cell.runs.empty()) {
    entry.cpu_per_item = cell.cpu_per_item();
    entry.memory_bytes = cell.peak_rss.median;
  }
  entry.in_flight = cell.peak_in_flight;
  entry.allowed = cell.width;
  if (report.has_origin) entry.connections = cell.connections;
  if (!cell.traces.empty()) entry.trace = &cell.traces.back();
  return entry;
}

void add_leaders(Page& page, PageGroup& group, const CompareReport& report) {
  if (group.entries.empty()) return;
  const Pattern* pattern = page.entries[group.entries.front()].cell->pattern;
  for (const std::size_t n : group.entries)
    if (page.entries[n].cell->pattern != pattern) return;
  for (const CellReport* leader : report.leaders(*pattern))
    for (const std::size_t n : group.entries)
      if (page.entries[n].cell == leader->cell) group.leaders.push_back(n);
}

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
  for (const CellReport& cell : report.cells)
    page.entries.push_back(entry_of(report, cell));
  add_groups(page, report);
  for (PageGroup& group : page.groups) add_leaders(page, group, report);
  add_headline(page, report);
  page.conclusion = conclude(report);
  page.job = describe_work(report);
  page.machine = describe_machine(report, context);
  page.made = made_of(report.date, context);
  return page;
}

}  // namespace interleave
