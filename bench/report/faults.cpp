#include "bench/report/faults.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "bench/faults/fault_injector.hpp"
#include "bench/report/facts.hpp"
#include "bench/report/metrics.hpp"
#include "bench/text/document.hpp"
#include "bench/text/text.hpp"

namespace interleave::faults {

namespace {

std::string left_behind(const Finding& finding) {
  const auto& [threads, children, descriptors] = finding.left;
  const LeakCounts& outside = finding.left_outside;
  std::vector<std::string> parts;
  const auto add = [&](std::size_t count, std::string_view noun) {
    if (count > 0) parts.push_back(count_of(count, noun));
  };
  add(threads + outside.threads, "thread");
  add(children + outside.children, "process");
  add(descriptors + outside.descriptors, "descriptor");
  return parts.empty() ? "nothing" : fmt::format("{}", fmt::join(parts, ", "));
}

Field left_field(const std::string& left) {
  return {left, left == "nothing" ? Mark::none : Mark::bad};
}

std::string item_of(const Finding& finding) {
  return std::string(finding.status == Status::failed
                         ? to_string(finding.error.kind)
                         : to_string(finding.status));
}

/// What ended the run, without the name that stands beside it.
std::string cause_of(const Finding& finding) {
  const std::string opening = "the process of " + finding.cell->name();
  if (!finding.run_lost.starts_with(opening)) return finding.run_lost;
  return "its process" + finding.run_lost.substr(opening.size());
}

std::string requests_after(const Finding& finding) {
  return finding.seen ? fmt::format("{}", finding.requests_after) : "-";
}

void add_row(const Finding& finding, Columns& table) {
  if (!finding.run_lost.empty()) {
    table.add_message(finding.cell->name(),
                      "the run is lost: " + cause_of(finding));
    return;
  }
  const Tally& others = finding.siblings;
  const Value until_return =
      finding.seen ? Value(std::int64_t{finding.until_return.count()})
                   : Value();
  table.add_row({{finding.cell->name()},
                 {item_of(finding)},
                 {is_root(finding) ? "yes" : "no"},
                 {fmt::format("{}", others.completed)},
                 {fmt::format("{}", others.skipped)},
                 {fmt::format("{}", others.lost)},
                 {requests_after(finding)},
                 {shown(until_return, Unit::ms)},
                 left_field(left_behind(finding))});
}

/// Findings of one fault stand together, and of one policy within it.
template <class Same>
auto group_end(std::vector<Finding>::const_iterator from,
               std::vector<Finding>::const_iterator end, Same same) {
  return std::find_if_not(
      from, end, [&](const Finding& finding) { return same(*from, finding); });
}

bool same_fault(const Finding& a, const Finding& b) {
  return a.fault == b.fault;
}

bool same_table(const Finding& a, const Finding& b) {
  return same_fault(a, b) && a.on_error == b.on_error;
}

/// Both policies of one cell, without what no two runs have in common.
void add_pair(const Finding& collect, const Finding& stop, Columns& table) {
  const bool lost = !collect.run_lost.empty();
  std::vector<Field> row{{collect.cell->name()},
                         {lost ? "lost" : item_of(collect)},
                         {lost ? "" : (is_root(collect) ? "yes" : "no")}};
  for (const Finding* finding : {&collect, &stop}) {
    if (!finding->run_lost.empty()) {
      row.insert(row.end(), {{"the run is lost"}, {}, {}});
      continue;
    }
    row.push_back({fmt::format("{}", finding->siblings.completed)});
    row.push_back({fmt::format("{}", finding->siblings.skipped)});
    row.push_back({requests_after(*finding)});
  }
  const std::string left = left_behind(collect);
  row.push_back(left_field(left == "nothing" ? left_behind(stop) : left));
  table.add_row(std::move(row));
}

}  // namespace

bool is_root(const Finding& finding) {
  return finding.error.kind == finding.fault->kind &&
         finding.siblings.failed + finding.siblings.lost == 0;
}

std::size_t count_broken(const std::vector<Finding>& findings) {
  return static_cast<std::size_t>(std::ranges::count_if(
      findings,
      [](const Finding& one) { return !broken_promises(one).empty(); }));
}

std::string verdict_of(const std::vector<Finding>& findings,
                       const Style& style) {
  std::string text;
  for (const Finding& finding : findings)
    for (const std::string& broken : broken_promises(finding))
      text += wrap(fmt::format("{} under {} ({}): {}", finding.cell->name(),
                               finding.fault->name, to_string(finding.on_error),
                               printable(broken)),
                   style.columns, 2);
  if (findings.empty()) return "nothing was examined\n";
  const std::size_t count = count_broken(findings);
  if (count == 0)
    return fmt::format("{}: every promise of docs/failure.md is kept\n",
                       count_of(findings.size(), "run"));
  return "broken promises:\n" + text;
}

std::string table_of(const std::vector<Finding>& findings, const Style& style) {
  Document document(style);
  for (auto at = findings.begin(); at != findings.end();) {
    const Finding& first = *at;
    Columns table({{"", "cell", 0, true},
                   {"the", "item", 1, true},
                   {"", "root", 8, true},
                   {"others", "done", 2},
                   {"", "skipped", 3},
                   {"", "lost", 7},
                   {"requests", "after", 4},
                   {"return", "ms", 5},
                   {"left", "behind", 6, true}});
    for (const auto end = group_end(at, findings.end(), same_table); at != end;
         ++at)
      add_row(*at, table);
    document.table(
        table, Rest::dropped,
        fmt::format("{}, --on-error {}: item {} of {}: {}", first.fault->name,
                    to_string(first.on_error), FaultInjector::victim + 1,
                    first.items, first.fault->summary));
  }
  const std::string tables = document.take();
  return tables + (tables.empty() ? "" : "\n") + verdict_of(findings, style);
}

std::string markdown_of(const std::vector<Finding>& findings) {
  Document document;
  for (auto at = findings.begin(); at != findings.end();) {
    const Fault& fault = *at->fault;
    const auto stop = group_end(at, findings.end(), same_table);
    const auto end = group_end(at, findings.end(), same_fault);
    Columns table({{"", "cell", 0, true},
                   {"", "the item", 0, true},
                   {"", "root", 0, true},
                   {"", "collect: others done"},
                   {"", "skipped"},
                   {"", "requests after"},
                   {"", "stop: others done"},
                   {"", "skipped"},
                   {"", "requests after"},
                   {"", "left behind", 0, true}});
    for (auto other = stop; at != stop && other != end; ++at, ++other)
      add_pair(*at, *other, table);
    at = end;
    document.table(table, Rest::dropped,
                   fmt::format("`{}`: {}.", fault.name, fault.summary));
  }
  return document.take();
}

}  // namespace interleave::faults
