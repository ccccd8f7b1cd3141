#include "bench/html/record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "bench/html/page.hpp"
#include "bench/html/timeline.hpp"
#include "bench/measure/background_load.hpp"
#include "bench/measure/measure.hpp"
#include "bench/report/facts.hpp"
#include "bench/report/json.hpp"
#include "bench/report/lanes.hpp"
#include "bench/text/input.hpp"
#include "bench/text/json_depth.hpp"

namespace interleave::html {

namespace {

using std::chrono::microseconds;

constexpr std::string_view schema = "interleave/site/v1";
constexpr std::size_t most_items = 1000;

/// A trace that was read begins here: zero would be no stamp at all.
constexpr Clock::time_point began{std::chrono::seconds(1)};

std::string key_of(std::string_view stamp) {
  return fmt::format("{}_us", stamp);
}

struct TextKey {
  const char* key;
  std::string Record::* text;
};
constexpr TextKey text_keys[] = {{"job", &Record::job},
                                 {"pictured", &Record::pictured},
                                 {"machine", &Record::machine},
                                 {"made", &Record::made},
                                 {"conclusion", &Record::conclusion},
                                 {"experiments", &Record::experiments}};

struct LaneKey {
  const char* key;
  Lane Result::* lane;
};
constexpr LaneKey lane_keys[] = {{"downloaded_on", &Result::downloaded_on},
                                 {"processed_on", &Result::processed_on}};

/// A trace as it will be read: what is made of it is then the same.
Trace rounded(Trace trace) {
  const auto round = [&, from = trace.began](Clock::time_point& at) {
    if (at != Clock::time_point{})
      at = began + std::chrono::duration_cast<microseconds>(at - from);
  };
  for (Result& result : trace.results)
    for (const auto& [name, stamp] : stamps) round(result.*stamp);
  round(trace.ended);
  trace.began = began;
  return trace;
}

Json trace_json(const Trace& exact) {
  const Trace trace = rounded(exact);
  const auto since = [&](Clock::time_point at) {
    return std::chrono::duration_cast<microseconds>(at - began).count();
  };
  const Lanes lanes(events(trace));
  Json json = {{"wall_us", since(trace.ended)}, {"status", Json::array()}};
  for (const Result& result : trace.results) {
    json["status"].push_back(static_cast<int>(result.status));
    for (const auto& [name, stamp] : stamps) {
      const Clock::time_point at = result.*stamp;
      json[key_of(name)].push_back(at == Clock::time_point{} ? Json()
                                                             : Json(since(at)));
    }
    for (const auto& [key, lane] : lane_keys)
      json[key].push_back(lanes.number(result.*lane));
  }
  return json;
}

Trace parse_trace(const Json& json) {
  Trace trace;
  trace.began = began;
  trace.ended = began + microseconds(json.at("wall_us").get<std::int64_t>());
  trace.results.resize(json.at("status").size());
  for (std::size_t i = 0; i < trace.results.size(); ++i) {
    Result& result = trace.results[i];
    const auto status = json.at("status").at(i).get<unsigned>();
    if (status > static_cast<unsigned>(Status::lost))
      throw InputError(
          fmt::format("the recorded runs: no status is {}", status));
    result.status = static_cast<Status>(status);
    for (const auto& [name, stamp] : stamps)
      if (const Json& at = json.at(key_of(name)).at(i); !at.is_null())
        result.*stamp = began + microseconds(at.get<std::int64_t>());
    for (const auto& [key, lane] : lane_keys)
      if (const int number = json.at(key).at(i).get<int>())
        result.*lane = {number, number};
  }
  return trace;
}

/// Every known figure, by the names of the metrics.
Json cell_json(const RecordedCell& recorded) {
  Json json = Json::object();
  for (const Metric& metric : metrics())
    if (const auto found = recorded.entry.figures.find(metric.name);
        found != recorded.entry.figures.end())
      json[metric.name] = interleave::json_of(found->second);
  json["trace"] = trace_json(recorded.trace);
  return json;
}

const Cell& cell_named(const std::string& name) {
  for (const Cell& cell : catalog())
    if (cell.name() == name) return cell;
  throw InputError(fmt::format(
      "the recorded runs have a cell {}, which this build has not: make the "
      "site with a build that has every model (INTERLEAVE_ONETBB=ON)",
      name));
}

Value parse_value(const Json& json) {
  if (json.is_string()) return json.get<std::string>();
  if (json.is_boolean()) return json.get<bool>();
  if (json.is_number_integer()) return json.get<std::int64_t>();
  return json.get<double>();
}

RecordedCell parse_cell(const Json& json) {
  const std::string name = json.at("cell");
  Entry entry{name, &cell_named(name), true, ""};  // nothing else is recorded
  for (const Metric& metric : metrics())
    if (json.contains(metric.name))
      entry.figures[metric.name] = parse_value(json.at(metric.name));
  return {std::move(entry), parse_trace(json.at("trace"))};
}

void add_versions(Record& record, const experiments::Finding& finding) {
  for (const experiments::Row& row : finding.outcome.rows)
    if (row.trace && row.trace->results.size() <= most_items)
      record.versions.push_back({std::string(finding.experiment->id), row.group,
                                 row.version, row.cell, *row.trace});
}

}  // namespace

std::string refusal(const CompareReport& report) {
  if (!report.comparable()) return conclude(report);
  const double others = report.others.value_or(0);
  if (others < busy_share) return {};
  return fmt::format(
      "other programs used {:.0f}% of the CPU, and a record allows less than "
      "{:.0f}%",
      100 * others, 100 * busy_share);
}

Record record_of(const CompareReport& timed, const CompareReport& pictured,
                 const experiments::Report& experiments,
                 const Context& context) {
  for (const CompareReport* report : {&timed, &pictured})
    if (const std::string why = refusal(*report); !why.empty())
      throw InfrastructureError("nothing is recorded: " + why);
  if (!experiments.failure.empty())
    throw InfrastructureError("nothing is recorded: " + experiments.failure);
  Record record;
  record.job = describe_work(timed);
  record.pictured = describe_work(pictured);
  record.machine = describe_machine(timed.cores, context);
  record.made = made_of(timed.date, context);
  record.conclusion = conclude(timed);
  record.experiments = markdown_of(experiments, context);
  for (std::size_t n = 0; n < timed.cells.size(); ++n)
    record.cells.push_back(
        {entry_of(timed, timed.cells[n]), pictured.cells.at(n).traces.back()});
  for (const experiments::Finding& finding : experiments.findings)
    add_versions(record, finding);
  return record;
}

std::string json_of(const Record& record) {
  Json json = {{"schema", schema}};
  for (const auto& [key, member] : text_keys) json[key] = record.*member;
  json["cells"] = Json::array();
  json["versions"] = Json::array();
  for (const RecordedCell& cell : record.cells)
    json["cells"].push_back(cell_json(cell));
  for (const RecordedVersion& version : record.versions)
    json["versions"].push_back({{"experiment", version.experiment},
                                {"heading", version.heading},
                                {"version", version.name},
                                {"cell", version.cell},
                                {"trace", trace_json(version.trace)}});
  // One line a run: a new record is a diff that can be read.
  std::string text = json.dump();
  for (std::size_t at = 0; (at = text.find("},{\"", at)) != text.npos; ++at)
    text.insert(at + 2, 1, '\n');
  return text + '\n';
}

Record parse_record(std::string_view text) {
  if (too_deep_at(text))
    throw InputError(
        fmt::format("the recorded runs nest more than {} lists and objects: "
                    "record them again: ./run docs --record",
                    max_json_depth));
  try {
    const Json json = Json::parse(text);
    if (json.at("schema") != schema)
      throw InputError(fmt::format("the recorded runs are no {}", schema));
    Record record;
    for (const auto& [key, member] : text_keys) record.*member = json.at(key);
    for (const Json& cell : json.at("cells"))
      record.cells.push_back(parse_cell(cell));
    for (const Json& version : json.at("versions"))
      record.versions.push_back({version.at("experiment"),
                                 version.at("heading"), version.at("version"),
                                 version.at("cell"),
                                 parse_trace(version.at("trace"))});
    return record;
  } catch (const Json::exception& error) {
    throw InputError(
        fmt::format("the recorded runs cannot be read: {}; record them again: "
                    "./run docs --record",
                    error.what()));
  }
}

}  // namespace interleave::html
