#include <fmt/format.h>

#include <algorithm>

#include "bench/page/page.hpp"
#include "bench/report/facts.hpp"
#include "bench/report/text.hpp"
#include "bench/units.hpp"

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

/// Who won, and against what: the first lines of the page.
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
  const PageEntry& first = page.entries[page.first];
  std::size_t tied = 0;
  for (const PageEntry& entry : page.entries)
    if (&entry != &first && overlap(entry.wall, first.wall)) ++tied;
  page.headline = first.name;
  if (page.entries.size() == 1)
    page.headline += " took " + milliseconds(first.wall.median);
  else if (!page.ranked)
    page.headline += " was quickest, in one run each: that ranks nothing";
  else if (tied == 0)
    page.headline += " is the fastest";
  else
    page.headline += fmt::format(" is the quickest, in a tie with {}",
                                 count_of(tied, "other"));
  page.lead = milliseconds(first.wall.median);
  if (first.ideal)
    page.lead += fmt::format(
        ": {:.0f} % of its ideal of {}, bound by {}",
        100 * static_cast<double>(first.ideal->count()) / first.wall.median,
        format_duration(*first.ideal), first.bound);
  if (first.speedup && report.sequential()->cell != first.cell)
    page.lead += fmt::format("; {} x as fast as one item at a time ({})",
                             significant(*first.speedup),
                             report.sequential()->cell->name());
  page.lead += '.';
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
  page.ranked = report.comparable() && report.settings.runs > 1;
  page.group_word = "pattern";
  for (const CellReport& cell : report.cells)
    page.entries.push_back(entry_of(report, cell));
  add_groups(page, report);
  add_headline(page, report);
  page.conclusion = conclude(report);
  page.job = describe_work(report);
  page.machine = describe_machine(report, context);
  page.made = made_of(report.date, context);
  return page;
}

}  // namespace interleave
