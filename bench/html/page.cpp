#include "bench/html/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "bench/html/embedded.hpp"
#include "bench/report/lanes.hpp"
#include "bench/report/picture.hpp"

namespace interleave {

namespace {

using Json = nlohmann::ordered_json;

/// JSON that can stand in a script element: no text in it can end that.
std::string for_html(const Json& json) {
  const std::string text =
      json.dump(-1, ' ', false, Json::error_handler_t::replace);
  std::string safe;
  safe.reserve(text.size());
  for (const char c : text) {
    if (c == '<')
      safe += "\\u003c";
    else
      safe += c;
  }
  return safe;
}

template <class Value>
Json or_null(const std::optional<Value>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json nanoseconds(const std::optional<std::chrono::nanoseconds>& time) {
  return time ? Json(time->count()) : Json(nullptr);
}

Json whole(double value) {
  return std::isfinite(value) ? Json(std::llround(value)) : Json(nullptr);
}

Json entry_json(const PageEntry& entry, bool top,
                const std::optional<std::size_t>& trace) {
  const bool timed = entry.runs > 0;
  const auto time = [&](double ns) {
    return timed ? whole(ns) : Json(nullptr);
  };
  Json of_ideal = nullptr;
  if (entry.ideal && entry.verified && entry.wall.median > 0)
    of_ideal = static_cast<double>(entry.ideal->count()) / entry.wall.median;
  return {{"name", entry.name},
          {"source", entry.cell->source()},
          {"verified", entry.verified},
          {"trouble", entry.trouble},
          {"top", top},
          {"runs", entry.runs},
          {"wall_ns", time(entry.wall.median)},
          {"low_ns", time(entry.wall.low)},
          {"high_ns", time(entry.wall.high)},
          {"ideal_ns", nanoseconds(entry.ideal)},
          {"of_ideal", of_ideal},
          {"bound", entry.bound},
          {"published_ns", nanoseconds(entry.published)},
          {"speedup", or_null(entry.speedup)},
          {"cpu_per_item_ns", or_null(entry.cpu_per_item)},
          {"memory_bytes", or_null(entry.memory_bytes)},
          {"in_flight", entry.in_flight},
          {"width", or_null(entry.allowed)},
          {"connections", or_null(entry.connections)},
          {"overtakes", entry.trace ? Json(overtakes(*entry.trace)) : Json(0)},
          {"trace", or_null(trace)}};
}

Json group_json(const PageGroup& group) {
  Json checks = Json::array(), tied = group.leaders, fastest = nullptr;
  for (const PageCheck& check : group.checks)
    checks.push_back(
        {{"holds", check.holds}, {"text", check.text}, {"note", check.note}});
  if (!group.leaders.empty()) {
    fastest = group.leaders.front();
    tied.erase(0);
  }
  return {
      {"name", group.name}, {"note", group.note}, {"entries", group.entries},
      {"fastest", fastest}, {"tied", tied},       {"checks", checks}};
}

Json sources_json(const Page& page) {
  Json sources = Json::object();
  for (const PageEntry& entry : page.entries)
    sources[entry.cell->source()] = embedded(entry.cell->source());
  return sources;
}

Json data_json(const Page& page) {
  Json groups = Json::array(), entries = Json::array();
  std::vector<bool> top(page.entries.size());
  for (const PageGroup& group : page.groups) {
    groups.push_back(group_json(group));
    for (const std::size_t n : group.leaders) top[n] = true;
  }
  for (std::size_t n = 0; n < page.entries.size(); ++n)
    entries.push_back(
        entry_json(page.entries[n], top[n],
                   page.entries[n].trace ? std::optional(n) : std::nullopt));
  return {{"schema", "interleave/page/v1"},
          {"kicker", page.kicker},
          {"headline", page.headline},
          {"lead", page.lead},
          {"conclusion", page.conclusion},
          {"job", page.job},
          {"machine", page.machine},
          {"made", page.made},
          {"group_word", page.group_word},
          {"own_axes", page.own_axes},
          {"first", page.first},
          {"groups", groups},
          {"entries", entries},
          {"sources", sources_json(page)}};
}

/// In which row an item is drawn, and where its processing is if elsewhere.
struct Placing {
  Json first, second;
};

Placing placing_of(const Picture& picture, std::size_t items) {
  Placing placing{Json::array(), Json::array()};
  std::vector<Json> first(items), second(items);
  for (std::size_t row = 0; row < picture.rows.size(); ++row)
    for (const Box& box : picture.rows[row])
      (box.spans.front().part == Part::waiting ? first : second)[box.item] =
          row;
  for (std::size_t i = 0; i < items; ++i) {
    placing.first.push_back(std::move(first[i]));
    placing.second.push_back(std::move(second[i]));
  }
  return placing;
}

Json stamps_json(const Trace& trace, Clock::time_point Result::* stamp) {
  Json stamps = Json::array();
  for (const Result& result : trace.results) {
    const Clock::time_point at = result.*stamp;
    if (at == Clock::time_point{})
      stamps.push_back(nullptr);
    else
      stamps.push_back(std::chrono::nanoseconds(at - trace.began).count());
  }
  return stamps;
}

Json lanes_json(const Trace& trace, const Lanes& lanes, Lane Result::* lane) {
  Json numbers = Json::array();
  for (const Result& result : trace.results) {
    const std::size_t number = lanes.number(result.*lane);
    numbers.push_back(number == 0 ? Json(nullptr) : Json(number - 1));
  }
  return numbers;
}

/// Column by column: ten thousand items take a tenth of what objects would.
Json trace_json(const Trace& trace) {
  constexpr std::size_t most_lanes = 64;
  const Picture picture = picture_of(trace, most_lanes);
  const Lanes lanes(events(trace));
  Json rows = Json::array(), status = Json::array(), errors = Json::object();
  for (std::size_t row = 1; row <= picture.rows.size(); ++row)
    rows.push_back(fmt::format("{} {}", picture.row_name, row));
  for (std::size_t i = 0; i < trace.results.size(); ++i) {
    const Result& result = trace.results[i];
    status.push_back(static_cast<int>(result.status));
    if (!result.error.text.empty())
      errors[fmt::format("{}", i)] = result.error.text;
  }
  Placing placing = placing_of(picture, trace.results.size());
  return {{"wall_ns", std::chrono::nanoseconds(wall(trace)).count()},
          {"row_name", picture.row_name},
          {"lanes", picture.lanes},
          {"rows", rows},
          {"row", std::move(placing.first)},
          {"second_row", std::move(placing.second)},
          {"lane", lanes_json(trace, lanes, &Result::downloaded_on)},
          {"second_lane", lanes_json(trace, lanes, &Result::processed_on)},
          {"queued", stamps_json(trace, &Result::queued)},
          {"started", stamps_json(trace, &Result::started)},
          {"downloaded", stamps_json(trace, &Result::downloaded)},
          {"processing", stamps_json(trace, &Result::processing)},
          {"finished", stamps_json(trace, &Result::finished)},
          {"statuses", {"not run", "completed", "failed", "skipped", "lost"}},
          {"status", std::move(status)},
          {"errors", std::move(errors)}};
}

void write_traces(const Page& page, const Sink& sink) {
  for (std::size_t n = 0; n < page.entries.size(); ++n)
    if (page.entries[n].trace)
      sink(fmt::format(
          "<script type=\"application/json\" id=\"trace-{}\">{}</script>\n", n,
          for_html(trace_json(*page.entries[n].trace))));
}

std::string script() {
  std::string text;
  for (const char* part :
       {"words", "bars", "measures", "timeline", "order", "source", "page"})
    text += embedded(fmt::format("bench/html/{}.js", part));
  return text;
}

}  // namespace

void write_page(const Page& page, const Sink& sink) {
  std::string_view rest = embedded("bench/html/page.html");
  while (true) {
    const std::size_t open = rest.find("{{");
    sink(rest.substr(0, open));
    if (open == std::string_view::npos) return;
    const std::size_t close = rest.find("}}", open);
    const std::string_view name = rest.substr(open + 2, close - open - 2);
    if (name == "style") sink(embedded("bench/html/page.css"));
    if (name == "data") sink(for_html(data_json(page)));
    if (name == "traces") write_traces(page, sink);
    if (name == "script") sink(script());
    rest.remove_prefix(close + 2);
  }
}

}  // namespace interleave
