#include "bench/report/faults.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bench/faults/laboratory.hpp"
#include "bench/text/columns.hpp"
#include "bench/text/text.hpp"

namespace interleave::faults {

namespace {

using Json = nlohmann::ordered_json;

std::string_view name_of(OnError on_error) {
  return on_error == OnError::stop ? "stop" : "collect";
}

std::string left_behind(const Finding& finding) {
  const auto& [threads, children, descriptors] = finding.left;
  const Belongings& outside = finding.left_outside;
  std::vector<std::string> parts;
  const auto add = [&](std::size_t count, std::string_view noun) {
    if (count > 0) parts.push_back(count_of(count, noun));
  };
  add(threads + outside.threads, "thread");
  add(children + outside.children, "process");
  add(descriptors + outside.descriptors, "descriptor");
  return parts.empty() ? "nothing" : fmt::format("{}", fmt::join(parts, ", "));
}

/// The error that the run reports is the one that was injected, and no other
/// item failed because of it.
bool is_root(const Finding& finding) {
  return finding.error.kind == finding.fault->kind &&
         finding.siblings.failed + finding.siblings.lost == 0;
}

std::string_view item_of(const Finding& finding) {
  return finding.status == Status::failed ? to_string(finding.error.kind)
                                          : to_string(finding.status);
}

Columns make_columns() {
  return Columns({{"", "cell", 0, true},
                  {"the", "item", 1, true},
                  {"", "root", 8, true},
                  {"others", "done", 2},
                  {"", "skipped", 3},
                  {"", "lost", 7},
                  {"requests", "after", 4},
                  {"return", "ms", 5},
                  {"left", "behind", 6, true}});
}

/// What ended the run, without the name that stands beside it.
std::string cause_of(const Finding& finding) {
  const std::string opening = "the process of " + finding.cell->name();
  if (!finding.run_lost.starts_with(opening)) return finding.run_lost;
  return "its process" + finding.run_lost.substr(opening.size());
}

void add_row(const Finding& finding, Columns& columns) {
  if (!finding.run_lost.empty()) {
    columns.add_message(finding.cell->name(),
                        "the run is lost: " + cause_of(finding));
    return;
  }
  const auto if_seen = [&](const std::string& figure) {
    return finding.seen ? figure : "-";
  };
  const double ms =
      std::chrono::duration<double, std::milli>(finding.until_return).count();
  const bool clean = left_behind(finding) == "nothing";
  const Tally& others = finding.siblings;
  columns.add_row({{finding.cell->name()},
                   {std::string(item_of(finding))},
                   {is_root(finding) ? "yes" : "no"},
                   {fmt::format("{}", others.completed)},
                   {fmt::format("{}", others.skipped)},
                   {fmt::format("{}", others.lost)},
                   {if_seen(fmt::format("{}", finding.requests_after))},
                   {if_seen(significant(ms))},
                   {left_behind(finding), clean ? Mark::none : Mark::bad}});
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

/// What one policy did, as fields of a row in Markdown.
std::string policy_fields(const Finding& finding) {
  if (!finding.run_lost.empty()) return " the run is lost | | |";
  return fmt::format(
      " {} | {} | {} |", finding.siblings.completed, finding.siblings.skipped,
      finding.seen ? fmt::format("{}", finding.requests_after) : "-");
}

std::string markdown_row(const Finding& collect, const Finding& stop) {
  const bool lost = !collect.run_lost.empty();
  const std::string left = left_behind(collect);
  return fmt::format("| {} | {} | {} |{}{} {} |\n", collect.cell->name(),
                     lost ? "lost" : item_of(collect),
                     lost ? "" : (is_root(collect) ? "yes" : "no"),
                     policy_fields(collect), policy_fields(stop),
                     left == "nothing" ? left_behind(stop) : left);
}

Json json_row(const Finding& finding) {
  const auto belongings = [](const Belongings& left) {
    return Json{{"threads", left.threads},
                {"children", left.children},
                {"descriptors", left.descriptors}};
  };
  Json row{{"cell", finding.cell->name()},
           {"fault", finding.fault->name},
           {"on_error", name_of(finding.on_error)},
           {"items", finding.items},
           {"run_lost", finding.run_lost}};
  if (finding.run_lost.empty()) {
    const Tally& others = finding.siblings;
    row["status"] = to_string(finding.status);
    row["error"] = {{"kind", to_string(finding.error.kind)},
                    {"text", finding.error.text}};
    row["root"] = is_root(finding);
    row["others"] = {{"completed", others.completed},
                     {"failed", others.failed},
                     {"skipped", others.skipped},
                     {"lost", others.lost},
                     {"not_run", others.not_run}};
    row["requests_after"] =
        finding.seen ? Json(finding.requests_after) : Json();
    row["until_return_ns"] =
        finding.seen ? Json(finding.until_return.count()) : Json();
    row["left"] = belongings(finding.left);
  }
  row["left_outside"] = belongings(finding.left_outside);
  row["broken_promises"] = broken_promises(finding);
  return row;
}

}  // namespace

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
                               finding.fault->name, name_of(finding.on_error),
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
  std::string text;
  for (auto at = findings.begin(); at != findings.end();) {
    const auto end = group_end(at, findings.end(), same_table);
    text +=
        wrap(fmt::format("{}, --on-error {}: item {} of {}: {}",
                         at->fault->name, name_of(at->on_error),
                         Laboratory::victim + 1, at->items, at->fault->summary),
             style.columns, 2);
    Columns columns = make_columns();
    for (; at != end; ++at) add_row(*at, columns);
    text += columns.render(style) + '\n';
  }
  return text + verdict_of(findings, style);
}

std::string markdown_of(const std::vector<Finding>& findings) {
  std::string text;
  for (auto at = findings.begin(); at != findings.end();) {
    const auto stop = group_end(at, findings.end(), same_table);
    const auto end = group_end(at, findings.end(), same_fault);
    text += fmt::format(
        "{}`{}`: {}.\n\n"
        "| cell | the item | root | collect: others done | skipped | requests "
        "after | stop: others done | skipped | requests after | left behind "
        "|\n|---|---|---|--:|--:|--:|--:|--:|--:|---|\n",
        at == findings.begin() ? "" : "\n", at->fault->name,
        at->fault->summary);
    for (auto other = stop; at != stop && other != end; ++at, ++other)
      text += markdown_row(*at, *other);
    at = end;
  }
  return text;
}

std::string json_of(const std::vector<Finding>& findings,
                    const Context& context) {
  Json json{{"schema", "interleave/faults/v1"},
            {"version", context.version},
            {"git_commit", context.git_commit},
            {"broken", count_broken(findings)}};
  json["findings"] = Json::array();
  for (const Finding& finding : findings)
    json["findings"].push_back(json_row(finding));
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace interleave::faults
