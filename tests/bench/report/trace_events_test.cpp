// The trace file, held to its format and to the stamps it was made of.
#include "bench/report/trace_events.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "bench/grid/catalog.hpp"

namespace interleave {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;
using Track = std::pair<std::uint64_t, std::uint64_t>;  // process, thread

constexpr auto began = Clock::time_point(1s);

Json parsed(const CompareReport& report) {
  std::string text;
  write_trace_events(report, {},
                     [&](std::string_view piece) { text += piece; });
  return Json::parse(text);
}

/// The keys an event must have, all of them and no other.
const std::map<std::string, std::set<std::string>>& keys() {
  static const std::set<std::string> all{"ph", "pid", "tid", "ts", "name"};
  static const auto with = [](std::set<std::string> more) {
    more.insert(all.begin(), all.end());
    return more;
  };
  static const std::map<std::string, std::set<std::string>> keys{
      {"M", with({"args"})},
      {"X", with({"dur", "cat", "args"})},
      {"b", with({"cat", "id"})},  // the outermost one has args, too
      {"e", with({"cat", "id"})},
      {"s", with({"cat", "id"})},
      {"f", with({"cat", "id", "bp"})},
      {"C", with({"args"})}};
  return keys;
}

/// Nanoseconds; a time is a number of microseconds with three places.
std::int64_t ns(const Json& time) {
  EXPECT_TRUE(time.is_number());
  return std::llround(time.get<double>() * 1000);
}

void expect_well_formed(const Json& event) {
  ASSERT_TRUE(event.is_object());
  const std::string phase = event.at("ph");
  ASSERT_TRUE(keys().contains(phase)) << event;
  std::set<std::string> found;
  for (const auto& [key, value] : event.items()) found.insert(key);
  if (phase == "b" && event.at("name").get<std::string>().starts_with("item "))
    found.erase("args");
  EXPECT_EQ(found, keys().at(phase)) << event;
  EXPECT_TRUE(event.at("name").is_string());
  EXPECT_GT(event.at("pid").get<std::uint64_t>(), 0u);
  EXPECT_GT(event.at("tid").get<std::uint64_t>(), 0u);
  EXPECT_GE(ns(event.at("ts")), 0);
  if (phase == "X") {
    EXPECT_GE(ns(event.at("dur")), 0);
  }
  if (phase == "C") {
    for (const auto& [name, value] : event.at("args").items())
      EXPECT_GE(value.get<std::int64_t>(), 0) << event;
  }
}

/// Slices of a thread lie apart or one inside the other.
void expect_nested(const Json& events) {
  std::map<Track, std::vector<std::pair<std::int64_t, std::int64_t>>> tracks;
  for (const Json& event : events)
    if (event.at("ph") == "X")
      tracks[{event.at("pid"), event.at("tid")}].emplace_back(
          ns(event.at("ts")), -ns(event.at("ts")) - ns(event.at("dur")));
  for (auto& [track, slices] : tracks) {
    std::ranges::sort(slices);  // of two that begin together the longer first
    std::vector<std::int64_t> open;
    for (const auto& [from, negative_end] : slices) {
      while (!open.empty() && open.back() <= from) open.pop_back();
      if (!open.empty()) {
        ASSERT_LE(-negative_end, open.back());
      }
      open.push_back(-negative_end);
    }
  }
}

/// Every end has its begin, innermost first, and none is left open.
void expect_balanced(const Json& events) {
  std::map<std::string, std::vector<Json>> open;
  std::map<std::string, Json> flows;
  for (const Json& event : events) {
    const std::string phase = event.at("ph");
    if (phase == "b") open[event.at("id")].push_back(event);
    if (phase == "e") {
      std::vector<Json>& stack = open[event.at("id")];
      ASSERT_FALSE(stack.empty()) << event;
      EXPECT_EQ(stack.back().at("name"), event.at("name"));
      EXPECT_LE(ns(stack.back().at("ts")), ns(event.at("ts")));
      stack.pop_back();
    }
    if (phase == "s") {
      EXPECT_TRUE(flows.emplace(event.at("id"), event).second);
    }
    if (phase == "f") {
      ASSERT_TRUE(flows.contains(event.at("id")));
      EXPECT_LE(ns(flows.at(event.at("id")).at("ts")), ns(event.at("ts")));
      flows.erase(event.at("id"));
    }
  }
  for (const auto& [id, stack] : open) EXPECT_TRUE(stack.empty()) << id;
  EXPECT_TRUE(flows.empty());
}

/// A flow leaves and arrives where a slice begins: else nothing shows it.
void expect_flows_at_slices(const Json& events) {
  std::set<std::tuple<std::uint64_t, std::uint64_t, std::int64_t>> begins;
  for (const Json& event : events)
    if (event.at("ph") == "X")
      begins.emplace(event.at("pid"), event.at("tid"), ns(event.at("ts")));
  for (const Json& event : events)
    if (event.at("ph") == "s" || event.at("ph") == "f") {
      EXPECT_TRUE(begins.contains(
          {event.at("pid"), event.at("tid"), ns(event.at("ts"))}))
          << event;
    }
}

void expect_accepted(const Json& file) {
  std::set<std::string> members;
  for (const auto& [name, value] : file.items()) members.insert(name);
  EXPECT_EQ(members, (std::set<std::string>{"displayTimeUnit", "otherData",
                                            "traceEvents"}));
  EXPECT_EQ(file.at("otherData").at("schema"), "interleave/trace-events/v1");
  const Json& events = file.at("traceEvents");
  for (const Json& event : events) expect_well_formed(event);
  expect_nested(events);
  expect_balanced(events);
  expect_flows_at_slices(events);
}

/// A part of an item: its name, from, to.
using Part = std::tuple<std::string, std::int64_t, std::int64_t>;

/// By process and item: the asynchronous slices inside the item's.
std::map<std::string, std::vector<Part>> parts_in(const Json& events) {
  std::map<std::string, std::vector<Part>> parts;
  std::map<std::string, std::int64_t> from;
  for (const Json& event : events) {
    if (event.at("ph") == "b") from[event.at("id")] = ns(event.at("ts"));
    if (event.at("ph") != "e" ||
        event.at("name").get<std::string>().starts_with("item "))
      continue;
    parts[event.at("id")].emplace_back(
        event.at("name"), from.at(event.at("id")), ns(event.at("ts")));
  }
  return parts;
}

std::vector<Part> recorded(const Trace& trace, const Result& result) {
  const auto at = [&](Clock::time_point stamp) {
    return std::chrono::nanoseconds(stamp - trace.began).count();
  };
  return {{"queued", at(result.queued), at(result.started)},
          {"waiting", at(result.started), at(result.downloaded)},
          {"held", at(result.downloaded), at(result.processing)},
          {"processing", at(result.processing), at(result.finished)}};
}

CompareReport measured(std::string_view cells, std::size_t items) {
  CompareSettings settings;
  settings.workload = recipe("sleep").defaults;
  settings.workload.items = items;
  settings.workload.latency = origin::parse_wait("1ms..3ms");
  settings.workload.cpu = 200us;
  settings.cells = select_cells(cells);
  settings.options.limit = 4;
  settings.runs = 1;
  settings.traces = CompareSettings::Traces::last;
  return compare(settings, {});
}

TEST(TraceEvents, AreAcceptedInEveryCell) {
  expect_accepted(parsed(measured("*/*", 12)));
}

TEST(TraceEvents, HaveASliceForEachPartOfEachItem) {
  const CompareReport report = measured("threads/queue,async/pipeline", 40);
  const auto parts = parts_in(parsed(report).at("traceEvents"));
  EXPECT_EQ(parts.size(), 2 * 40u);
  for (std::size_t process = 0; process < 2; ++process) {
    const Trace& trace = report.cells[process].traces[0];
    for (std::size_t i = 0; i < 40; ++i) {
      const std::string id =
          std::to_string(process + 1) + "." + std::to_string(i + 1);
      EXPECT_EQ(parts.at(id), recorded(trace, trace.results[i])) << id;
    }
  }
}

TEST(TraceEvents, ShowEveryWaitAndProcessingOnItsLane) {
  const CompareReport report = measured("threads/queue,async/semaphore", 20);
  std::map<std::pair<std::uint64_t, std::string>, std::size_t> slices;
  std::int64_t processing = 0;
  const Json file = parsed(report);
  for (const Json& event : file.at("traceEvents")) {
    if (event.at("ph") != "X") continue;
    const std::string name = event.at("name");
    ++slices[{event.at("pid"), name.substr(0, name.find(' '))}];
    if (name.starts_with("processing")) processing += ns(event.at("dur"));
  }
  EXPECT_EQ((slices[{1, "waiting"}]), 20u);
  EXPECT_EQ((slices[{1, "processing"}]), 20u);
  EXPECT_EQ((slices[{1, "queued"}]), 20u);
  EXPECT_EQ((slices[{2, "started"}]), 20u);  // one lane, four in flight
  EXPECT_EQ((slices[{2, "waiting"}]), 0u);
  EXPECT_EQ((slices[{2, "processing"}]), 20u);
  std::int64_t wanted = 0;
  for (const CellReport& cell : report.cells)
    for (const Result& result : cell.traces[0].results)
      wanted +=
          std::chrono::nanoseconds(result.finished - result.processing).count();
  EXPECT_EQ(processing, wanted);
}

TEST(TraceEvents, CountWhatIsInFlight) {
  const CompareReport report = measured("async/semaphore", 20);
  std::int64_t peak = 0, last = -1;
  const Json file = parsed(report);
  for (const Json& event : file.at("traceEvents"))
    if (event.at("name") == "in flight")
      peak = std::max(peak, last = event.at("args").at("items"));
  EXPECT_EQ(static_cast<std::size_t>(peak), report.cells[0].peak_in_flight);
  EXPECT_EQ(last, 0);
}

TEST(TraceEvents, TellWhatFailedAndLeaveOutWhatNeverRan) {
  CompareReport report;
  report.settings.workload = recipe("sleep").defaults;
  CellReport& cell = report.cells.emplace_back();
  cell.cell = select_cells("threads/queue").front();
  Trace trace{began, began + 5ms, Results(3)};
  Result& failed = trace.results[0];
  failed.status = Status::failed;
  failed.error = {ErrorKind::reset, "quote \" and \xff"};
  failed.queued = began;
  failed.started = began + 1ms;
  failed.downloaded = failed.finished = began + 2ms;
  failed.downloaded_on = failed.processed_on = {7, 7};
  trace.results[1].status = Status::skipped;
  trace.results[1].queued = began + 3ms;
  cell.traces.push_back(trace);
  const Json file = parsed(report);
  expect_accepted(file);
  std::vector<std::string> items;
  for (const Json& event : file.at("traceEvents"))
    if (event.at("ph") == "b" && event.contains("args")) {
      items.push_back(event.at("name"));
      EXPECT_EQ(event.at("args").at("status"), "failed");
      EXPECT_TRUE(event.at("args").at("error").get<std::string>().starts_with(
          "quote \" and "));
    }
  EXPECT_EQ(items, std::vector<std::string>{"item 1"});
}

}  // namespace
}  // namespace interleave
