#include "bench/report/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bench/report/facts.hpp"
#include "bench/report/metrics.hpp"
#include "bench/report/report.hpp"
#include "bench/workload/server.hpp"

namespace interleave {

namespace {

Json limit_of(const Limit& limit) {
  return limit ? Json(*limit) : Json(nullptr);
}

std::string hex(std::uint64_t digest) {
  return fmt::format("{:016x}", digest);
}

Json server_json(const Capacity& server) {
  if (!server.limited()) return nullptr;
  return {{"profile", text_or_null(profile_of(server))},
          {"options", server_text(server)},
          {"about", describe_server(server)}};
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
          {"faults", workload.faults.kinds},
          {"server", server_json(settings.server)}};
}

Json options_json(const CompareReport& report) {
  const Options& options = report.settings.options;
  const std::chrono::nanoseconds timeout = options.timeout;
  return {{"limit", options.limit},
          {"limit_max", options.limit_max},
          {"controller", to_string(options.controller)},
          {"queue_capacity", options.queue_capacity},
          {"producers", options.producers},
          {"batch_size", options.batch_size},
          {"cores", options.cores},
          {"timeout_ns", timeout.count()},
          {"max_body_bytes", options.max_body},
          {"on_error", to_string(options.on_error)},
          {"transport", to_string(options.transport)},
          {"runs", report.settings.runs},
          {"deadline_ns", report.settings.deadline
                              ? Json(report.settings.deadline->count())
                              : Json(nullptr)}};
}

Json run_json(const Figures& run) {
  Json json = Json::object();
  for (const Metric& metric : metrics())
    if (metric.of_run) json[metric.name] = json_of(metric.of_run(run));
  Json& errors = json["errors"] = Json::array();
  for (const auto& [item, error] : run.errors)
    errors.push_back({{"item", item + 1},
                      {"kind", to_string(error.kind)},
                      {"text", error.text}});
  Json& limits = json["limits"] = Json::array();
  for (const auto& [at, limit, speed] : run.limits)
    limits.push_back(
        {{"t_ns", at.count()}, {"limit", limit}, {"speed", number(speed)}});
  return json;
}

Json head_json(std::string_view schema, const CompareReport& report,
               const Context& context) {
  return {{"schema", schema},
          {"context", context_json(report.date, report.cores, context)},
          {"workload", workload_json(report)},
          {"options", options_json(report)},
          {"seed", report.settings.workload.seed},
          {"items", report.items},
          {"interrupted", report.interrupted},
          {"failure", text_or_null(report.failure)}};
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

std::string_view type_of(Unit unit) {
  switch (unit) {
    case Unit::word:
      return "string";
    case Unit::truth:
      return "boolean";
    case Unit::share:
    case Unit::factor:
      return "number";
    default:
      return "integer";
  }
}

}  // namespace

Json json_of(const Value& value) {
  return std::visit(
      [](const auto& known) -> Json {
        if constexpr (std::is_same_v<decltype(known), const std::monostate&>)
          return nullptr;
        else
          return known;
      },
      value);
}

std::string indented(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string json_string(std::string_view text) {
  return Json(text).dump(-1, ' ', true, Json::error_handler_t::replace);
}

Json text_or_null(std::string_view text) {
  return text.empty() ? Json(nullptr) : Json(text);
}

Json number(double value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json whole(double value) {
  return std::isfinite(value) ? Json(std::llround(value)) : Json(nullptr);
}

Json context_json(std::string_view date, unsigned cores,
                  const Context& context) {
  Json libraries = Json::object();
  for (const auto& [name, version] : context.libraries)
    libraries[name] = version;
  return {{"version", context.version},
          {"git_commit", context.git_commit},
          {"date", date},
          {"host", context.host},
          {"kernel", context.kernel},
          {"cpu_model", context.cpu_model},
          {"cores", cores},
          {"cores_online", context.cores_online},
          {"compiler", context.compiler},
          {"flags", context.flags},
          {"build_type", context.build_type},
          {"libraries", libraries},
          {"limits",
           {{"descriptors", limit_of(context.descriptors)},
            {"processes", limit_of(context.processes)}}}};
}

Json cell_json(const CompareReport& report, const CellReport& cell) {
  Json json = Json::object();
  for (const Metric& metric : metrics())
    if (metric.of_cell)
      json[metric.name] = json_of(figure_of(metric, report, cell));
  Json outliers = Json::array(), runs = Json::array();
  for (const std::size_t run : cell.outliers) outliers.push_back(run + 1);
  for (const Figures& run : cell.runs) runs.push_back(run_json(run));
  json["outliers"] = std::move(outliers);
  json["runs"] = std::move(runs);
  return json;
}

std::string metrics_json() {
  Json list = Json::array();
  for (const Metric& metric : metrics())
    list.push_back({{"name", metric.name},
                    {"type", type_of(metric.unit)},
                    {"unit", text_or_null(base_of(metric.unit))},
                    {"better", text_or_null(to_string(metric.better))},
                    {"column", text_or_null(metric.title)},
                    {"about", metric.about},
                    {"null", text_or_null(metric.unknown)},
                    {"of_cell", metric.of_cell != nullptr},
                    {"of_run", metric.of_run != nullptr}});
  return indented({{"schema", "interleave/metrics/v1"}, {"metrics", list}});
}

std::string json_of(const CompareReport& report, const Context& context) {
  Json json = head_json("interleave/compare/v1", report, context);
  add_findings(json, report);
  return indented(json);
}

std::string json_of(const SweepReport& report, const Context& context) {
  const CompareReport& first = report.points.front();
  Json json = {{"schema", "interleave/sweep/v1"},
               {"context", context_json(first.date, first.cores, context)},
               {"axis", name_of(report.axis)},
               {"values", report.values},
               {"values_planned", report.planned},
               {"failure", text_or_null(report.failure)},
               {"conclusion", conclude(report)},
               {"crossovers", Json::array()},
               {"knees", Json::array()},
               {"points", Json::array()}};
  for (const Crossover& found : crossovers(report))
    json["crossovers"].push_back(crossover_json(report, found));
  for (const Knee& found : knees(report))
    json["knees"].push_back({{"cell", found.cell->name()},
                             {"limit", report.values[found.at]},
                             {"wall_ns", whole(found.wall)}});
  for (std::size_t i = 0; i < report.points.size(); ++i) {
    const CompareReport& point = report.points[i];
    Json one = {{"value", report.values[i]},
                {"workload", workload_json(point)},
                {"options", options_json(point)}};
    add_findings(one, point);
    json["points"].push_back(std::move(one));
  }
  return indented(json);
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
  return indented(json);
}

}  // namespace interleave
