#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "bench/report/facts.hpp"
#include "bench/report/report.hpp"
#include "bench/report/sweep.hpp"

namespace interleave {

namespace {

using Json = nlohmann::ordered_json;

/// A share or a factor; JSON knows neither NaN nor infinity.
Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

/// A count or a time in ns.
Json whole(double value) {
  return std::isfinite(value) ? Json(std::llround(value)) : Json(nullptr);
}

Json limit_of(const Limit& limit) {
  return limit ? Json(*limit) : Json(nullptr);
}

std::string hex(std::uint64_t digest) {
  return fmt::format("{:016x}", digest);
}

/// Bytes that are not UTF-8 (a host name, an error's text) are replaced.
std::string text_of(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

Json context_json(const CompareReport& report, const Context& context) {
  Json libraries = Json::object();
  for (const auto& [name, version] : context.libraries)
    libraries[name] = version;
  return {{"version", context.version},
          {"git_commit", context.git_commit},
          {"date", report.date},
          {"host", context.host},
          {"kernel", context.kernel},
          {"cpu_model", context.cpu_model},
          {"cores", report.cores},
          {"cores_online", context.cores_online},
          {"compiler", context.compiler},
          {"flags", context.flags},
          {"build_type", context.build_type},
          {"libraries", libraries},
          {"limits",
           {{"descriptors", limit_of(context.descriptors)},
            {"processes", limit_of(context.processes)}}}};
}

/// A list of urls has no recipe, and so nothing else is known of it.
Json workload_json(const CompareReport& report) {
  const CompareSettings& settings = report.settings;
  if (!settings.url_list.empty())
    return {{"name", "urls"},
            {"file", settings.url_list.name},
            {"items", report.items},
            {"digest", hex(settings.url_list.digest)},
            {"insecure", !settings.certificates.checked}};
  const WorkloadSettings& workload = settings.workload;
  return {{"name", workload.name},
          {"items", report.items},
          {"latency", origin::to_string(workload.latency)},
          {"bytes", workload.bytes},
          {"cpu_ns", workload.cpu.count()},
          {"seed", workload.seed},
          {"fault_rate", workload.faults.share},
          {"faults", workload.faults.kinds}};
}

Json options_json(const CompareReport& report) {
  const Options& options = report.settings.options;
  const std::chrono::nanoseconds timeout = options.timeout;
  return {{"limit", options.limit},
          {"queue_capacity", options.queue_capacity},
          {"producers", options.producers},
          {"batch_size", options.batch_size},
          {"cores", options.cores},
          {"timeout_ns", timeout.count()},
          {"max_body_bytes", options.max_body},
          {"on_error", options.on_error == OnError::stop ? "stop" : "collect"},
          {"transport", to_string(options.transport)},
          {"runs", report.settings.runs},
          {"deadline_ns", report.settings.deadline
                              ? Json(report.settings.deadline->count())
                              : Json(nullptr)}};
}

Json errors_json(const Figures& run) {
  Json errors = Json::array();
  for (const auto& [item, error] : run.errors)
    errors.push_back({{"item", item + 1},
                      {"kind", to_string(error.kind)},
                      {"text", error.text}});
  return errors;
}

void add_tally(Json& json, const Tally& counts) {
  json["completed"] = counts.completed;
  json["failed"] = counts.failed;
  json["skipped"] = counts.skipped;
  json["lost"] = counts.lost;
  json["not_run"] = counts.not_run;
}

Json run_json(const Figures& run) {
  Json json = {{"wall_ns", run.wall.count()},
               {"makespan_ns", run.makespan.count()},
               {"overhead_ns", run.overhead.count()},
               {"cpu_user_ns", run.cpu.user.count()},
               {"cpu_system_ns", run.cpu.system.count()},
               {"peak_rss_bytes", run.peak_rss_bytes},
               {"peak_in_flight", run.peak_in_flight},
               {"peak_held", run.peak_held}};
  add_tally(json, run.tally);
  json["connections"] = run.connections;
  json["origin_peak_in_flight"] = run.origin_peak_in_flight;
  json["origin_requests"] = run.origin_requests;
  json["origin_cpu_ns"] = run.origin_cpu.count();
  json["overtakes"] = run.overtakes;
  json["error_count"] = run.error_count;
  json["errors"] = errors_json(run);
  json["cut_short"] = run.cut_short == CutShort::no
                          ? Json(nullptr)
                          : Json(to_string(run.cut_short));
  json["killed"] = run.killed;
  return json;
}

void add_times(Json& json, const CompareReport& report,
               const CellReport& cell) {
  json["wall_ns"] = whole(cell.wall.median);
  json["wall_ns_low"] = whole(cell.wall.low);
  json["wall_ns_high"] = whole(cell.wall.high);
  json["confidence"] = number(cell.wall.confidence);
  json["spread"] = number(cell.wall.spread());
  json["outliers"] = Json::array();
  for (const std::size_t run : cell.outliers)
    json["outliers"].push_back(run + 1);
  json["makespan_ns"] = whole(cell.makespan.median);
  const bool known = cell.ideal.has_value();
  json["ideal_ns"] = known ? Json(cell.ideal->time.count()) : Json(nullptr);
  json["of_ideal"] =
      known && cell.verified ? number(cell.of_ideal()) : Json(nullptr);
  json["bound"] = known ? Json(to_string(cell.ideal->bound)) : Json(nullptr);
  const auto fast = speedup(report, cell);
  json["speedup"] = fast ? number(*fast) : Json(nullptr);
}

/// NAME_p50_ns and so on; null where it is not known.
void add_percentiles(Json& json, std::string_view name,
                     const std::optional<Percentiles>& times) {
  const auto add = [&](std::string_view which, Clock::duration time) {
    json[fmt::format("{}_{}_ns", name, which)] =
        times ? Json(std::chrono::nanoseconds(time).count()) : Json(nullptr);
  };
  const Percentiles known = times.value_or(Percentiles());
  add("p50", known.p50);
  add("p99", known.p99);
  add("max", known.max);
}

void add_costs(Json& json, const CellReport& cell) {
  json["cpu_user_ns"] = whole(cell.cpu_user.median);
  json["cpu_system_ns"] = whole(cell.cpu_system.median);
  json["cpu_per_item_ns"] = whole(cell.cpu_per_item());
  json["peak_rss_bytes"] = whole(cell.peak_rss.median);
  json["peak_in_flight"] = cell.peak_in_flight;
  json["peak_held"] = cell.peak_held;
  json["origin_peak_in_flight"] = cell.origin_peak_in_flight;
  json["connections"] = cell.connections;
  json["overtakes"] = cell.overtakes;
  add_percentiles(json, "queue_wait", cell.queue_wait);
  add_percentiles(json, "latency", cell.latency);
  add_percentiles(json, "loop_lag", cell.loop_lag);
  json["workers_refused"] = cell.refused.workers;
  json["tasks_delayed"] = cell.refused.tasks;
  json["origin_was_bottleneck"] = cell.origin_was_bottleneck;
}

Json cell_json(const CompareReport& report, const CellReport& cell) {
  Json json = {{"cell", cell.cell->name()},
               {"model", cell.cell->model->name},
               {"pattern", cell.cell->pattern->name},
               {"limit", report.settings.options.limit},
               {"width", cell.width},
               {"items", report.items}};
  const Figures* worst = cell.worst_run();
  Tally counts;
  if (worst)
    counts = worst->tally;
  else
    counts.not_run = report.items;
  add_tally(json, counts);
  json["bytes"] = cell.bytes;
  json["digest"] = hex(cell.digest);
  json["verified"] = cell.verified;
  add_times(json, report, cell);
  add_costs(json, cell);
  json["runs"] = Json::array();
  for (const Figures& run : cell.runs) json["runs"].push_back(run_json(run));
  return json;
}

Json head_json(std::string_view schema, const CompareReport& report,
               const Context& context) {
  return {{"schema", schema},
          {"context", context_json(report, context)},
          {"workload", workload_json(report)},
          {"options", options_json(report)},
          {"seed", report.settings.workload.seed},
          {"items", report.items},
          {"interrupted", report.interrupted},
          {"failure",
           report.failure.empty() ? Json(nullptr) : Json(report.failure)}};
}

/// What came of a comparison, but for the terms of it.
void add_findings(Json& json, const CompareReport& report) {
  json["runs_planned"] = report.runs_planned;
  json["runs_done"] = report.runs_done;
  json["lost_uncounted"] = report.lost_uncounted;
  json["took_ns"] = report.took.count();
  json["others_cpu_share"] = report.others ? number(*report.others) : nullptr;
  json["comparable"] = report.comparable();
  json["conclusion"] = conclude(report);
  json["cells"] = Json::array();
  for (const CellReport& cell : report.cells)
    json["cells"].push_back(cell_json(report, cell));
}

std::string name_of(Axis axis) {
  return axis == Axis::cpu ? "cpu_ns" : std::string(to_string(axis));
}

/// `after`, `from` and `about` are values of the axis; null where none is ahead
/// at the end, and where the order did not turn.
Json crossover_json(const SweepReport& report, const Crossover& found) {
  const bool turns = found.after.has_value();
  return {{"loop", found.loop->name()},
          {"other", found.other->name()},
          {"ahead", found.winner ? Json(found.winner->name()) : Json(nullptr)},
          {"after", turns ? Json(report.values[*found.after]) : nullptr},
          {"from", found.winner ? Json(report.values[found.from]) : nullptr},
          {"about", turns ? whole(*found.about) : Json(nullptr)}};
}

/// ns since the run began, null for a stamp that was never taken.
Json stamp_json(const Trace& trace, Clock::time_point at) {
  if (at == Clock::time_point{}) return nullptr;
  return std::chrono::nanoseconds(at - trace.began).count();
}

Json lane_json(const Lane& lane) {
  if (lane == Lane{}) return nullptr;
  return {{"process", lane.process}, {"thread", lane.thread}};
}

Json item_json(const Trace& trace, std::size_t i) {
  const Result& result = trace.results[i];
  Json error = nullptr;
  if (result.error.kind != ErrorKind::none)
    error = {{"kind", to_string(result.error.kind)},
             {"text", result.error.text}};
  return {{"item", i + 1},
          {"status", to_string(result.status)},
          {"error", error},
          {"queued_ns", stamp_json(trace, result.queued)},
          {"started_ns", stamp_json(trace, result.started)},
          {"downloaded_ns", stamp_json(trace, result.downloaded)},
          {"processing_ns", stamp_json(trace, result.processing)},
          {"finished_ns", stamp_json(trace, result.finished)},
          {"downloaded_on", lane_json(result.downloaded_on)},
          {"processed_on", lane_json(result.processed_on)},
          {"bytes", result.bytes},
          {"digest", hex(result.digest)},
          {"output", result.output}};
}

}  // namespace

std::string json_of(const CompareReport& report, const Context& context) {
  Json json = head_json("interleave/compare/v1", report, context);
  add_findings(json, report);
  return text_of(json);
}

std::string json_of(const SweepReport& report, const Context& context) {
  Json json = {{"schema", "interleave/sweep/v1"},
               {"context", context_json(report.points.front(), context)},
               {"axis", name_of(report.axis)},
               {"values", report.values},
               {"values_planned", report.planned},
               {"failure",
                report.failure.empty() ? Json(nullptr) : Json(report.failure)},
               {"conclusion", conclude(report)},
               {"crossovers", Json::array()},
               {"points", Json::array()}};
  for (const Crossover& found : crossovers(report))
    json["crossovers"].push_back(crossover_json(report, found));
  for (std::size_t i = 0; i < report.points.size(); ++i) {
    const CompareReport& point = report.points[i];
    Json one = {{"value", report.values[i]},
                {"workload", workload_json(point)},
                {"options", options_json(point)}};
    add_findings(one, point);
    json["points"].push_back(std::move(one));
  }
  return text_of(json);
}

std::string run_json_of(const CompareReport& report, const Context& context) {
  Json json = head_json("interleave/run/v1", report, context);
  const CellReport& cell = report.cells.front();
  json["cell"] = cell_json(report, cell);
  json["runs"] = Json::array();
  for (const Trace& trace : cell.traces) {
    Json order = Json::array();
    for (std::size_t i : completion_order(trace)) order.push_back(i + 1);
    Json items = Json::array();
    for (std::size_t i = 0; i < trace.results.size(); ++i)
      items.push_back(item_json(trace, i));
    json["runs"].push_back({{"completion_order", order}, {"items", items}});
  }
  return text_of(json);
}

}  // namespace interleave
