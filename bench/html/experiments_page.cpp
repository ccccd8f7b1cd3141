#include <fmt/format.h>

#include <algorithm>

#include "bench/experiments/versions.hpp"
#include "bench/html/page.hpp"
#include "bench/text/text.hpp"

namespace interleave::html {

namespace {

using namespace experiments;

Entry entry_of(const Row& row) {
  Entry entry{fmt::format("{}, {}", row.cell, row.version),
              &cell_named(row.cell), row.verified, row.failure_summary};
  if (row.runs > 0)
    entry.figures = {{"wall_ns", row.wall.median},
                     {"wall_ns_low", row.wall.low},
                     {"wall_ns_high", row.wall.high},
                     {"verified", row.verified}};
  if (row.ideal) entry.figures["ideal_ns"] = std::int64_t{row.ideal->count()};
  if (row.ideal && row.verified) entry.figures["of_ideal"] = row.of_ideal();
  if (row.published)
    entry.published = static_cast<double>(row.published->count());
  if (row.trace) {
    entry.trace = &*row.trace;
    entry.figures["peak_in_flight"] =
        static_cast<std::int64_t>(peak_in_flight(*row.trace));
  }
  return entry;
}

/// A group for each heading above rows; the first has the claim.
void add_finding(Page& page, const Finding& finding) {
  const std::string id(finding.experiment->id);
  page.groups.push_back(
      {id,
       fmt::format("{} Source: {}.", finding.experiment->claim,
                   finding.experiment->source),
       {},
       finding.outcome.promises});
  std::string heading;
  for (const Row& row : finding.outcome.rows) {
    if (row.group != heading) {
      heading = row.group;
      page.groups.push_back({fmt::format("{}, {}", id, heading), "", {}, {}});
    }
    page.groups.back().entries.push_back(page.entries.size());
    page.entries.push_back(entry_of(row));
  }
}

}  // namespace

Page page_of(const Report& report, const Context& context) {
  Page page;
  page.kicker = fmt::format("Interleave {}: published experiments, again",
                            context.version);
  const auto kept = static_cast<std::size_t>(std::ranges::count_if(
      report.findings,
      [](const Finding& finding) { return !finding.outcome.broken(); }));
  page.headline = fmt::format("{} of {} reproduced", kept,
                              count_of(report.findings.size(), "experiment"));
  if (report.interrupted) page.conclusion = "Interrupted before the others.\n";
  page.conclusion += report.failure;
  page.lead = fmt::format(
      "What was published was measured again beside the ideal, with waits and "
      "published times x {:g}, and its promises were checked.",
      report.settings.time_scale);
  page.group_word = "experiment";
  page.own_axes = true;
  for (const Finding& finding : report.findings) add_finding(page, finding);
  page.machine =
      fmt::format("{} of {} cores of {}, {}; {} {} {}", context.cores,
                  context.cores_online, context.cpu_model, context.kernel,
                  context.compiler, context.build_type, context.flags);
  page.made = made_of(report.date, context);
  return page;
}

}  // namespace interleave::html
