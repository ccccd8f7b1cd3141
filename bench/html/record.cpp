#include "bench/html/record.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "bench/html/page.hpp"
#include "bench/measure/measure.hpp"
#include "bench/report/facts.hpp"
#include "bench/report/lanes.hpp"
#include "bench/text/input.hpp"
#include "bench/text/json_depth.hpp"

namespace interleave::site {

namespace {

using Json = nlohmann::ordered_json;
using std::chrono::microseconds;

constexpr std::string_view schema = "interleave/site/v1";
constexpr std::size_t most_items = 1000;

/// A trace that was read begins here: zero would be no stamp at all.
constexpr Clock::time_point began{std::chrono::seconds(1)};

struct Stamp {
  const char* key;
  Clock::time_point Result::* stamp;
};
constexpr Stamp stamps[] = {{"queued_us", &Result::queued},
                            {"started_us", &Result::started},
                            {"downloaded_us", &Result::downloaded},
                            {"processing_us", &Result::processing},
                            {"finished_us", &Result::finished}};

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
    for (const auto& [key, stamp] : stamps) round(result.*stamp);
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
    for (const auto& [key, stamp] : stamps) {
      const Clock::time_point at = result.*stamp;
      json[key].push_back(at == Clock::time_point{} ? Json() : Json(since(at)));
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
    for (const auto& [key, stamp] : stamps)
      if (const Json& at = json.at(key).at(i); !at.is_null())
        result.*stamp = began + microseconds(at.get<std::int64_t>());
    for (const auto& [key, lane] : lane_keys)
      if (const int number = json.at(key).at(i).get<int>())
        result.*lane = {number, number};
  }
  return trace;
}

Json cell_json(const RecordedCell& cell) {
  return {{"cell", cell.cell->name()},
          {"wall_ns", std::llround(cell.wall.median)},
          {"wall_ns_low", std::llround(cell.wall.low)},
          {"wall_ns_high", std::llround(cell.wall.high)},
          {"ideal_ns", cell.ideal.count()},
          {"bound", cell.bound},
          {"cpu_per_item_ns", std::llround(cell.cpu_per_item)},
          {"peak_rss_bytes", std::llround(cell.memory_bytes)},
          {"peak_in_flight", cell.in_flight},
          {"trace", trace_json(cell.trace)}};
}

const Cell& cell_named(const std::string& name) {
  for (const Cell& cell : catalog())
    if (cell.name() == name) return cell;
  throw InputError(fmt::format(
      "the recorded runs have a cell {}, which this build has not: make the "
      "site with a build that has every model (INTERLEAVE_ONETBB=ON)",
      name));
}

RecordedCell parse_cell(const Json& json) {
  RecordedCell cell;
  cell.cell = &cell_named(json.at("cell"));
  cell.wall.median = json.at("wall_ns");
  cell.wall.low = json.at("wall_ns_low");
  cell.wall.high = json.at("wall_ns_high");
  cell.ideal = std::chrono::nanoseconds(json.at("ideal_ns"));
  cell.bound = json.at("bound");
  cell.cpu_per_item = json.at("cpu_per_item_ns");
  cell.memory_bytes = json.at("peak_rss_bytes");
  cell.in_flight = json.at("peak_in_flight");
  cell.trace = parse_trace(json.at("trace"));
  return cell;
}

RecordedCell recorded(const CellReport& report, const CellReport& pictured) {
  RecordedCell cell;
  cell.cell = report.cell;
  cell.wall = report.wall;
  if (report.ideal) {
    cell.ideal = report.ideal->time;
    cell.bound = to_string(report.ideal->bound);
  }
  cell.cpu_per_item = report.cpu_per_item();
  cell.memory_bytes = report.peak_rss.median;
  cell.in_flight = report.peak_in_flight;
  cell.trace = pictured.traces.back();
  return cell;
}

void add_versions(Record& record, const experiments::Finding& finding) {
  for (const experiments::Row& row : finding.outcome.rows)
    if (row.trace && row.trace->results.size() <= most_items)
      record.versions.push_back({std::string(finding.experiment->id), row.group,
                                 row.version, row.cell, *row.trace});
}

}  // namespace

Record record_of(const CompareReport& timed, const CompareReport& pictured,
                 const experiments::Report& experiments,
                 const Context& context) {
  for (const CompareReport* report : {&timed, &pictured})
    if (!report->comparable())
      throw InfrastructureError("nothing is recorded: " + conclude(*report));
  if (!experiments.failure.empty())
    throw InfrastructureError("nothing is recorded: " + experiments.failure);
  Record record;
  record.job = describe_work(timed);
  record.pictured = describe_work(pictured);
  record.machine = describe_machine(timed, context);
  record.made = made_of(timed.date, context);
  record.conclusion = conclude(timed);
  record.experiments = markdown_of(experiments, context);
  for (std::size_t n = 0; n < timed.cells.size(); ++n)
    record.cells.push_back(recorded(timed.cells[n], pictured.cells.at(n)));
  for (const experiments::Finding& finding : experiments.findings)
    add_versions(record, finding);
  return record;
}

std::string json_of(const Record& record) {
  Json json = {{"schema", schema},
               {"job", record.job},
               {"pictured", record.pictured},
               {"machine", record.machine},
               {"made", record.made},
               {"conclusion", record.conclusion},
               {"experiments", record.experiments},
               {"cells", Json::array()},
               {"versions", Json::array()}};
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
    Record record{json.at("job"),
                  json.at("pictured"),
                  json.at("machine"),
                  json.at("made"),
                  json.at("conclusion"),
                  json.at("experiments"),
                  {},
                  {}};
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

}  // namespace interleave::site
