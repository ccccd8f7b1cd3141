// JSON and CSV of comparisons and runs.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "tests/bench/report/by_hand.hpp"

namespace interleave {
namespace {

using Json = nlohmann::json;

Json parsed(const CompareReport& report) {
  return Json::parse(json_of(report, context_by_hand()));
}

TEST(CompareJson, KnowsAListByWhatStandsInIt) {
  CompareReport report = report_by_hand();
  report.settings.url_list = {"my/list", {}, 0xabc};
  EXPECT_EQ(parsed(report)["workload"], Json({{"name", "urls"},
                                              {"file", "my/list"},
                                              {"items", 4},
                                              {"digest", "0000000000000abc"},
                                              {"insecure", false}}));
}

TEST(CompareJson, CarriesTheContext) {
  const Json json = parsed(report_by_hand());
  EXPECT_EQ(json["schema"], "interleave/compare/v1");
  const Json& context = json["context"];
  EXPECT_EQ(context["host"], "bench-1");
  EXPECT_EQ(context["cores"], 2);
  EXPECT_EQ(context["compiler"], "GNU 12.2.0");
  EXPECT_EQ(context["flags"], "-O3");
  EXPECT_EQ(context["build_type"], "Release");
  EXPECT_EQ(context["libraries"], Json({{"fmt", "9.1.0"}}));
  EXPECT_EQ(context["git_commit"], "abc123");
  EXPECT_EQ(context["date"], "2026-01-02T03:04:05Z");
  EXPECT_EQ(context["limits"],
            Json({{"descriptors", 1024}, {"processes", nullptr}}));
  EXPECT_EQ(context["kernel"], "Linux 6.1.0");
  EXPECT_EQ(context["cpu_model"], "AMD EPYC");
}

TEST(CompareJson, CarriesTheJob) {
  const CompareReport report = report_by_hand();
  const Json json = parsed(report);
  EXPECT_EQ(json["workload"], Json({{"name", "pages"},
                                    {"items", 4},
                                    {"latency", "20ms"},
                                    {"bytes", 10966},
                                    {"cpu_ns", 0},
                                    {"seed", 1},
                                    {"fault_rate", 0.0},
                                    {"faults", Json::array()},
                                    {"server", nullptr}}));
  EXPECT_EQ(json["options"], Json({{"limit", 8},
                                   {"limit_max", 128},
                                   {"controller", "pace"},
                                   {"queue_capacity", 8},
                                   {"producers", 2},
                                   {"batch_size", 8},
                                   {"cores", 1},
                                   {"timeout_ns", 30'000'000'000},
                                   {"max_body_bytes", 256 << 20},
                                   {"on_error", "collect"},
                                   {"transport", "curl"},
                                   {"runs", 5},
                                   {"deadline_ns", nullptr}}));
  EXPECT_EQ(json["seed"], 1);
  EXPECT_EQ(json["items"], 4);
  EXPECT_EQ(json["conclusion"], conclude(report));
  EXPECT_EQ(json["comparable"], true);
  EXPECT_EQ(json["interrupted"], false);
  EXPECT_EQ(json["failure"], nullptr);
}

TEST(CompareJson, CarriesEveryCell) {
  Json cell = parsed(report_by_hand())["cells"][1];
  cell.erase("runs");
  EXPECT_EQ(cell, Json({{"cell", "threads/queue"},
                        {"model", "threads"},
                        {"pattern", "queue"},
                        {"limit", 8},
                        {"width", 1},
                        {"items", 4},
                        {"completed", 4},
                        {"failed", 0},
                        {"skipped", 0},
                        {"lost", 0},
                        {"not_run", 0},
                        {"bytes", 4096},
                        {"digest", "0000000000000abc"},
                        {"verified", true},
                        {"first_error", nullptr},
                        {"wall_ns", 41'000'000},
                        {"wall_ns_low", 40'180'000},
                        {"wall_ns_high", 41'820'000},
                        {"confidence", 0.75},
                        {"spread", cell["spread"]},
                        {"outliers", Json::array()},
                        {"makespan_ns", 40'000'000},
                        {"ideal_ns", 40'000'000},
                        {"of_ideal", cell["of_ideal"]},
                        {"bound", "limit"},
                        {"speedup", 2.0},
                        {"cpu_user_ns", 3'000'000},
                        {"cpu_system_ns", 1'000'000},
                        {"cpu_per_item_ns", 1'000'000},
                        {"peak_rss_bytes", 8 << 20},
                        {"peak_in_flight", 1},
                        {"mean_in_flight", 32.0 / 41},
                        {"peak_held", 1},
                        {"origin_peak_in_flight", 1},
                        {"connections", 1},
                        {"overtakes", 0},
                        {"queue_wait_p50_ns", 1'000'000},
                        {"queue_wait_p99_ns", 1'000'000},
                        {"queue_wait_max_ns", 2'000'000},
                        {"latency_p50_ns", 10'000'000},
                        {"latency_p99_ns", 11'000'000},
                        {"latency_max_ns", 12'000'000},
                        {"loop_lag_p50_ns", nullptr},
                        {"loop_lag_p99_ns", nullptr},
                        {"loop_lag_max_ns", nullptr},
                        {"workers_refused", 0},
                        {"tasks_delayed", 0},
                        {"origin_was_bottleneck", false},
                        {"best_limit", nullptr},
                        {"best_ns", nullptr},
                        {"of_best", nullptr},
                        {"origin_peak_in_service", 0},
                        {"origin_peak_queued", 0},
                        {"origin_wait_ns", 0},
                        {"origin_service_ns", 0},
                        {"refused_429", 0},
                        {"refused_503", 0},
                        {"early_retries", 0}}));
  EXPECT_NEAR(cell["spread"].get<double>(), 0.02, 1e-9);
  EXPECT_NEAR(cell["of_ideal"].get<double>(), 40.0 / 41.0, 1e-9);
}

TEST(CompareJson, CarriesEveryRun) {
  const Json json = parsed(report_by_hand());
  ASSERT_EQ(json["cells"][1]["runs"].size(), 3u);
  EXPECT_EQ(json["cells"][1]["runs"][0], Json({{"wall_ns", 41'000'000},
                                               {"makespan_ns", 40'000'000},
                                               {"overhead_ns", 1'000'000},
                                               {"cpu_user_ns", 3'000'000},
                                               {"cpu_system_ns", 1'000'000},
                                               {"peak_rss_bytes", 8 << 20},
                                               {"peak_in_flight", 1},
                                               {"mean_in_flight", 32.0 / 41},
                                               {"peak_held", 1},
                                               {"completed", 4},
                                               {"failed", 0},
                                               {"skipped", 0},
                                               {"lost", 0},
                                               {"not_run", 0},
                                               {"connections", 1},
                                               {"origin_peak_in_flight", 1},
                                               {"origin_requests", 4},
                                               {"origin_cpu_ns", 0},
                                               {"overtakes", 0},
                                               {"error_count", 0},
                                               {"errors", Json::array()},
                                               {"limits", Json::array()},
                                               {"cut_short", nullptr},
                                               {"killed", false},
                                               {"origin_peak_in_service", 0},
                                               {"origin_peak_queued", 0},
                                               {"origin_wait_ns", 0},
                                               {"origin_service_ns", 0},
                                               {"refused_429", 0},
                                               {"refused_503", 0},
                                               {"early_retries", 0}}));
}

TEST(CompareJson, ListsErrorsByItemAndKind) {
  CompareReport report = report_by_hand();
  fail_two_items(report.cells[1]);
  const Json cell = parsed(report)["cells"][1];
  EXPECT_EQ(cell["completed"], 2);
  EXPECT_EQ(cell["failed"], 1);
  EXPECT_EQ(cell["skipped"], 1);
  EXPECT_EQ(cell["verified"], false);
  EXPECT_EQ(cell["speedup"], nullptr);
  EXPECT_EQ(cell["runs"][0]["error_count"], 1);
  EXPECT_EQ(cell["runs"][0]["errors"],
            Json::array({{{"item", 2},
                          {"kind", "timeout"},
                          {"text", "nothing\x1b[31m for 30 s"}}}));
}

TEST(CompareJson, ListsTwentyErrorsAndCountsAll) {
  CompareReport report = report_by_hand();
  Result failed;
  failed.status = Status::failed;
  failed.error = {ErrorKind::http, "http 404"};
  edit_first_run(report.cells[1],
                 [&](Results& results) { results.assign(30, failed); });
  const Json run = parsed(report)["cells"][1]["runs"][0];
  EXPECT_EQ(run["errors"].size(), 20u);
  EXPECT_EQ(run["error_count"], 30);
}

TEST(CompareJson, IsNullWhereNothingIsKnown) {
  CompareReport report = report_by_hand();
  report.cells[1].ideal.reset();
  report.cells.erase(report.cells.begin());  // sequential
  const Json cell = parsed(report)["cells"][0];
  for (const char* name : {"ideal_ns", "of_ideal", "bound", "speedup"})
    EXPECT_EQ(cell[name], nullptr) << name;
}

TEST(CompareJson, KnowsNeitherNanNorInfinity) {
  CompareReport report = report_by_hand();
  const Cell* cell = report.cells[1].cell;
  report.cells[1] = CellReport();  // zeros, and nothing ran
  report.cells[1].cell = cell;
  report.cells[2].wall.median = 0;
  report.cells[2].wall.high = std::numeric_limits<double>::infinity();
  report.cells[2].peak_rss.median = std::numeric_limits<double>::quiet_NaN();
  const std::string text = json_of(report, context_by_hand());
  EXPECT_EQ(text.find("nan"), std::string::npos);
  EXPECT_EQ(text.find("inf"), std::string::npos);
  const Json json = Json::parse(text);
  EXPECT_EQ(json["cells"][1]["not_run"], 4);
  EXPECT_EQ(json["cells"][1]["spread"], nullptr);
  EXPECT_EQ(json["cells"][2]["wall_ns_high"], nullptr);
  EXPECT_EQ(json["cells"][2]["peak_rss_bytes"], nullptr);
}

TEST(CompareJson, ReplacesBytesThatAreNotUtf8) {
  CompareReport report = report_by_hand();
  fail_two_items(report.cells[1], "\xff\xfe");
  EXPECT_NO_THROW(parsed(report));
}

TEST(RunJson, CarriesTheStampsOfEveryItem) {
  CompareReport report = report_by_hand();
  report = only(fail_two_items(report.cells[1]));
  const Json json = Json::parse(run_json_of(report, context_by_hand()));
  EXPECT_EQ(json["schema"], "interleave/run/v1");
  EXPECT_EQ(json["cell"]["cell"], "threads/queue");
  const Json& run = json["runs"][0];
  EXPECT_EQ(run["completion_order"], Json({1, 2, 4}));
  EXPECT_EQ(run["items"][0],
            Json({{"item", 1},
                  {"status", "completed"},
                  {"error", nullptr},
                  {"queued_ns", 0},
                  {"started_ns", 1'000'000},
                  {"downloaded_ns", 9'000'000},
                  {"processing_ns", 9'000'000},
                  {"finished_ns", 11'000'000},
                  {"downloaded_on", {{"process", 100}, {"thread", 101}}},
                  {"processed_on", {{"process", 100}, {"thread", 101}}},
                  {"bytes", 1024},
                  {"digest", "0000000000000001"},
                  {"output", ""}}));
  EXPECT_EQ(run["items"][1]["error"]["kind"], "timeout");
  EXPECT_EQ(run["items"][2]["started_ns"], nullptr);
  EXPECT_EQ(run["items"][2]["downloaded_on"], nullptr);
}

/// The fields of one line, quotes taken off.
std::vector<std::string> csv_fields(std::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (quoted && line.substr(i, 2) == "\"\"")
      fields.back() += line[++i];
    else if (line[i] == '"')
      quoted = !quoted;
    else if (line[i] == ',' && !quoted)
      fields.emplace_back();
    else
      fields.back() += line[i];
  }
  return fields;
}

std::string csv_value(const std::string& csv, std::size_t row,
                      std::string_view column) {
  std::vector<std::vector<std::string>> lines;
  for (std::size_t start = 0; start < csv.size();) {
    const std::size_t end = csv.find("\r\n", start);
    lines.push_back(csv_fields(csv.substr(start, end - start)));
    start = end + 2;
  }
  const auto found = std::ranges::find(lines.at(0), column);
  EXPECT_NE(found, lines[0].end()) << column;
  EXPECT_EQ(lines.at(row).size(), lines[0].size());
  return lines.at(row).at(static_cast<std::size_t>(found - lines[0].begin()));
}

TEST(Csv, HasARowForEveryCell) {
  const std::string csv = csv_of(report_by_hand());
  EXPECT_EQ(csv_value(csv, 1, "cell"), "sequential/one_by_one");
  EXPECT_EQ(csv_value(csv, 2, "wall_ns"), "41000000");
  EXPECT_EQ(csv_value(csv, 2, "bound"), "limit");
  EXPECT_EQ(csv_value(csv, 2, "speedup"), "2.000000");
  EXPECT_EQ(csv_value(csv, 3, "verified"), "true");
  EXPECT_EQ(std::ranges::count(csv, '\n'), 4);
}

TEST(Csv, QuotesCommasAndQuotes) {
  CompareReport report = report_by_hand();
  fail_two_items(report.cells[1], "a, \"b\"");
  const std::string csv = csv_of(report);
  EXPECT_NE(csv.find("\"item 2: timeout: a, \"\"b\"\"\""), std::string::npos);
  EXPECT_EQ(csv_value(csv, 2, "first_error"), "item 2: timeout: a, \"b\"");
}

TEST(Csv, IsEmptyWhereNothingIsKnown) {
  CompareReport report = report_by_hand();
  report.cells[1].ideal.reset();
  report.cells.erase(report.cells.begin());
  const std::string csv = csv_of(report);
  for (const char* name : {"ideal_ns", "of_ideal", "bound", "speedup"})
    EXPECT_EQ(csv_value(csv, 1, name), "") << name;
}

}  // namespace
}  // namespace interleave
