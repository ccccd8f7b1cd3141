#include <fmt/format.h>

#include <algorithm>

#include "bench/html/page.hpp"
#include "bench/report/facts.hpp"

namespace interleave {

Page page_of(const SweepReport& report, const Context& context) {
  Page page;
  page.kicker = fmt::format(
      "Interleave {}: the same job at one value of --{} after "
      "another",
      context.version, to_string(report.axis));
  page.headline = "Where the order turns";
  page.lead = page.conclusion = conclude(report);
  page.group_word = fmt::format("--{}", to_string(report.axis));
  for (std::size_t n = 0; n < report.points.size(); ++n) {
    const std::string value = value_text(report.axis, report.values[n]);
    PageGroup group{value, "", {}, {}};
    for (const CellReport& cell : report.points[n].cells) {
      group.entries.push_back(page.entries.size());
      page.entries.push_back(entry_of(report.points[n], cell));
      page.entries.back().name += " at " + value;
    }
    add_leaders(page, group, report.points[n]);
    page.groups.push_back(std::move(group));
  }
  const CompareReport& first = report.points.front();
  page.job = fmt::format("The first of them: {}.", describe_work(first));
  page.machine = describe_machine(first, context);
  page.made = made_of(first.date, context);
  return page;
}

}  // namespace interleave
