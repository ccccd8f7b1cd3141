#include <cmath>
#include <nlohmann/json.hpp>

#include "bench/report/experiments.hpp"

namespace interleave::experiments {

namespace {

using Json = nlohmann::ordered_json;

/// Bytes that are not UTF-8 (an error's text) are replaced.
std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

template <class Optional>
Json optional_time(const Optional& time) {
  return time ? Json(time->count()) : Json(nullptr);
}

Json row_json(const Row& row) {
  return {{"group", row.group},
          {"version", row.version},
          {"cell", row.cell},
          {"published_ns", optional_time(row.published)},
          {"measured_ns", std::llround(row.wall.median)},
          {"measured_low_ns", std::llround(row.wall.low)},
          {"measured_high_ns", std::llround(row.wall.high)},
          {"runs", row.runs},
          {"ideal_ns", optional_time(row.ideal)},
          {"of_ideal",
           row.ideal && row.verified ? Json(row.of_ideal()) : Json(nullptr)},
          {"verified", row.verified},
          {"trouble", row.trouble.empty() ? Json(nullptr) : Json(row.trouble)}};
}

Json sheet_json(const Sheet& sheet) {
  Json rows = Json::array();
  for (const auto& row : sheet.rows) {
    Json fields = Json::object();
    for (std::size_t i = 0; i < row.size(); ++i) fields[sheet.head[i]] = row[i];
    rows.push_back(std::move(fields));
  }
  return {{"title", sheet.title}, {"rows", std::move(rows)}};
}

Json promise_json(const Promise& promise) {
  Json holds = nullptr;
  if (promise.holds != Promise::Holds::unknown)
    holds = promise.holds == Promise::Holds::yes;
  return {{"text", promise.text},
          {"holds", holds},
          {"note", promise.note.empty() ? Json(nullptr) : Json(promise.note)}};
}

template <class Values, class ToJson>
Json array_of(const Values& values, ToJson to_json) {
  Json array = Json::array();
  for (const auto& value : values) array.push_back(to_json(value));
  return array;
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

Json context_json(const Report& report, const Context& context) {
  Json libraries = Json::object();
  for (const auto& [name, version] : context.libraries)
    libraries[name] = version;
  return {{"version", context.version}, {"git_commit", context.git_commit},
          {"date", report.date},        {"host", context.host},
          {"kernel", context.kernel},   {"cpu_model", context.cpu_model},
          {"cores", context.cores},     {"compiler", context.compiler},
          {"flags", context.flags},     {"build_type", context.build_type},
          {"libraries", libraries}};
}

}  // namespace

std::string list_json() {
  Json json = {{"schema", "interleave/experiments/v1"}};
  json["experiments"] = array_of(experiments(), [](const Experiment& known) {
    return Json{{"id", known.id},
                {"claim", known.claim},
                {"source", known.source},
                {"takes", known.takes}};
  });
  return text_of(json);
}

std::string json_of(const Report& report, const Context& context) {
  Json json = {{"schema", "interleave/reproduce/v1"},
               {"context", context_json(report, context)},
               {"time_scale", report.settings.time_scale},
               {"interrupted", report.interrupted},
               {"failure",
                report.failure.empty() ? Json(nullptr) : Json(report.failure)},
               {"reproduced", !report.broken()}};
  json["experiments"] = array_of(report.findings, finding_json);
  return text_of(json);
}

}  // namespace interleave::experiments
