// JSON of the verbs that compare no cells: scale, diff, faults, reproduce.
#include <nlohmann/json.hpp>

#include "bench/compare/difference.hpp"
#include "bench/compare/scale.hpp"
#include "bench/report/experiments.hpp"
#include "bench/report/facts.hpp"
#include "bench/report/faults.hpp"
#include "bench/report/json.hpp"
#include "bench/report/report.hpp"

namespace interleave {

namespace {

template <class Values, class ToJson>
Json array_of(const Values& values, ToJson to_json) {
  Json array = Json::array();
  for (const auto& value : values) array.push_back(to_json(value));
  return array;
}

Json whole_or_null(const std::optional<double>& value) {
  return whole(value.value_or(NAN));
}

Json rung_json(const ScaleStep& rung) {
  return {{"items", rung.items},
          {"wait_ns", rung.wait.count()},
          {"wall_ns", rung.wall.count()},
          {"peak_in_flight", rung.in_flight},
          {"cpu_per_item_ns", whole(rung.cpu_per_item)},
          {"peak_rss_bytes", rung.peak_rss_bytes},
          {"resident_per_item_bytes", whole_or_null(rung.resident)},
          {"machine_per_item_bytes", whole_or_null(rung.taken)}};
}

Json ladder_json(const ScaleSeries& ladder) {
  return {
      {"cell", ladder.cell->name()},
      {"over", ladder.requests ? "http" : "sleep"},
      {"ended_at", ladder.ended_at > 0 ? Json(ladder.ended_at) : Json(nullptr)},
      {"wall", text_or_null(ladder.ended_at > 0 ? ladder.wall : "")},
      {"most_in_flight", ladder.most_in_flight()},
      {"rungs", array_of(ladder.rungs, rung_json)}};
}

Json side_json(const SavedReport& report) {
  return {{"file", report.file},
          {"date", report.date},
          {"git_commit", report.git_commit},
          {"others_cpu_share", number(report.others.value_or(NAN))}};
}

Json difference_json(const CellDifference& cell) {
  const bool known = cell.why.empty();
  const auto ratio = [&](double value, bool ends = true) {
    return number(known && ends ? value : NAN);
  };
  const auto wall = [](double ns) { return whole(ns > 0 ? ns : NAN); };
  return {{"cell", cell.name},
          {"verdict", to_string(cell.verdict)},
          {"why", text_or_null(cell.why)},
          {"ratio", ratio(cell.ratio.value)},
          {"ratio_low", ratio(cell.ratio.low, std::isfinite(cell.ratio.high))},
          {"ratio_high", ratio(cell.ratio.high)},
          {"base_wall_ns", wall(cell.base_ns)},
          {"new_wall_ns", wall(cell.new_ns)},
          {"base_runs", cell.base_runs},
          {"new_runs", cell.new_runs}};
}

}  // namespace

std::string json_of(const ScaleReport& report, const Context& context) {
  return indented({{"schema", "interleave/scale/v1"},
                   {"date", report.date},
                   {"version", context.version},
                   {"git_commit", context.git_commit},
                   {"host", context.host},
                   {"kernel", context.kernel},
                   {"cpu_model", context.cpu_model},
                   {"cores", report.cores},
                   {"most_sleeping", report.settings.most_sleeping},
                   {"most_requests", report.settings.most_requests},
                   {"interrupted", report.interrupted},
                   {"conclusion", conclude(report)},
                   {"ladders", array_of(report.ladders, ladder_json)}});
}

std::string json_of(const Difference& difference) {
  const auto disagreement = [](const Disagreement& one) {
    return Json{{"term", one.term}, {"base", one.base}, {"new", one.changed}};
  };
  return indented(
      {{"schema", "interleave/diff/v1"},
       {"base", side_json(difference.base)},
       {"new", side_json(difference.changed)},
       {"least_change", difference.settings.least},
       {"error", difference.settings.error},
       {"confidence", difference.confidence},
       {"disagreements", array_of(difference.disagreements, disagreement)},
       {"slower", difference.count(Verdict::slower)},
       {"faster", difference.count(Verdict::faster)},
       {"conclusion", conclude(difference)},
       {"cells", array_of(difference.cells, difference_json)}});
}

namespace faults {

namespace {

Json belongings_json(const LeakCounts& left) {
  return {{"threads", left.threads},
          {"children", left.children},
          {"descriptors", left.descriptors}};
}

Json finding_json(const Finding& finding) {
  Json json{{"cell", finding.cell->name()},
            {"fault", finding.fault->name},
            {"on_error", to_string(finding.on_error)},
            {"items", finding.items},
            {"run_lost", finding.run_lost}};
  if (finding.run_lost.empty()) {
    const Tally& others = finding.siblings;
    json["status"] = to_string(finding.status);
    json["error"] = {{"kind", to_string(finding.error.kind)},
                     {"text", finding.error.text}};
    json["root"] = is_root(finding);
    json["others"] = {{"completed", others.completed},
                      {"failed", others.failed},
                      {"skipped", others.skipped},
                      {"lost", others.lost},
                      {"not_run", others.not_run}};
    json["requests_after"] =
        finding.seen ? Json(finding.requests_after) : Json();
    json["until_return_ns"] =
        finding.seen ? Json(finding.until_return.count()) : Json();
    json["left"] = belongings_json(finding.left);
  }
  json["left_outside"] = belongings_json(finding.left_outside);
  json["broken_promises"] = broken_promises(finding);
  return json;
}

}  // namespace

std::string json_of(const std::vector<Finding>& findings,
                    const Context& context) {
  return indented({{"schema", "interleave/faults/v1"},
                   {"version", context.version},
                   {"git_commit", context.git_commit},
                   {"broken", count_broken(findings)},
                   {"findings", array_of(findings, finding_json)}});
}

}  // namespace faults

namespace experiments {

namespace {

Json time_or_null(const std::optional<std::chrono::nanoseconds>& time) {
  return time ? Json(time->count()) : Json(nullptr);
}

Json row_json(const Row& row) {
  return {
      {"group", row.group},
      {"version", row.version},
      {"cell", row.cell},
      {"published_ns", time_or_null(row.published)},
      {"measured_ns", whole(row.wall.median)},
      {"measured_low_ns", whole(row.wall.low)},
      {"measured_high_ns", whole(row.wall.high)},
      {"runs", row.runs},
      {"ideal_ns", time_or_null(row.ideal)},
      {"of_ideal", number(row.ideal && row.verified ? row.of_ideal() : NAN)},
      {"verified", row.verified},
      {"trouble", text_or_null(row.failure_summary)}};
}

Json sheet_json(const Sheet& sheet) {
  const auto row_json = [&](const std::vector<std::string>& row) {
    Json fields = Json::object();
    for (std::size_t i = 0; i < row.size(); ++i) fields[sheet.head[i]] = row[i];
    return fields;
  };
  return {{"title", sheet.title}, {"rows", array_of(sheet.rows, row_json)}};
}

Json promise_json(const Promise& promise) {
  Json holds = nullptr;
  if (promise.holds != Promise::Holds::unknown)
    holds = promise.holds == Promise::Holds::yes;
  return {{"text", promise.text},
          {"holds", holds},
          {"note", text_or_null(promise.note)}};
}

Json finding_json(const Finding& finding) {
  const Outcome& outcome = finding.outcome;
  const auto order_json = [](const Order& order) {
    return Json{{"cell", order.cell}, {"events", order.events}};
  };
  return {{"id", finding.experiment->id},
          {"claim", finding.experiment->claim},
          {"source", finding.experiment->source},
          {"reproduced", !outcome.broken()},
          {"verdict", outcome.verdict()},
          {"took_ns", finding.took.count()},
          {"rows", array_of(outcome.rows, row_json)},
          {"orders", array_of(outcome.orders, order_json)},
          {"sheets", array_of(outcome.sheets, sheet_json)},
          {"promises", array_of(outcome.promises, promise_json)},
          {"remarks", outcome.remarks}};
}

}  // namespace

std::string list_json() {
  const auto one = [](const Experiment& known) {
    return Json{{"id", known.id},
                {"claim", known.claim},
                {"source", known.source},
                {"takes", known.takes}};
  };
  return indented({{"schema", "interleave/experiments/v1"},
                   {"experiments", array_of(experiments(), one)}});
}

std::string json_of(const Report& report, const Context& context) {
  return indented(
      {{"schema", "interleave/reproduce/v1"},
       {"context", context_json(report.date, context.cores, context)},
       {"time_scale", report.settings.time_scale},
       {"interrupted", report.interrupted},
       {"failure", text_or_null(report.failure)},
       {"reproduced", !report.broken()},
       {"experiments", array_of(report.findings, finding_json)}});
}

}  // namespace experiments

}  // namespace interleave
