#include "bench/report/picture.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <queue>
#include <utility>

#include "bench/text/text.hpp"

namespace interleave {

namespace {

using Nanoseconds = std::chrono::nanoseconds;

bool was_run(const Result& result) {
  return result.started != Clock::time_point{} &&
         result.finished != Clock::time_point{};
}

/// The whole item. One that failed on its way has no later stamps.
Box box_of(const Trace& trace, std::size_t item) {
  const Result& result = trace.results[item];
  const auto since = [&](Clock::time_point at, Clock::time_point otherwise) {
    const Clock::time_point known = at == Clock::time_point{} ? otherwise : at;
    return Nanoseconds(known - trace.began).count();
  };
  const std::int64_t started = since(result.started, {});
  const std::int64_t finished = since(result.finished, {});
  const std::int64_t downloaded = since(result.downloaded, result.finished);
  const std::int64_t begun =
      std::max(downloaded, since(result.processing, result.started));
  Box box{item, {{ItemPhase::waiting, started, downloaded}}, false};
  if (begun > downloaded)
    box.spans.push_back({ItemPhase::held, downloaded, begun});
  box.spans.push_back({ItemPhase::processing, begun, finished});
  box.failed = result.status != Status::completed;
  return box;
}

bool changes_lane(const Result& result) {
  return result.processed_on != Lane{} &&
         result.processed_on != result.downloaded_on;
}

std::vector<Row> rows_by_slot(const Trace& trace) {
  std::vector<Box> boxes;
  for (std::size_t i = 0; i < trace.results.size(); ++i)
    if (was_run(trace.results[i])) boxes.push_back(box_of(trace, i));
  std::ranges::sort(boxes, {}, &Box::from);
  std::vector<Row> rows;
  using Use = std::pair<std::int64_t, std::size_t>;  // its end, the slot
  std::priority_queue<Use, std::vector<Use>, std::greater<>> used;
  std::priority_queue<std::size_t, std::vector<std::size_t>, std::greater<>>
      vacant;
  for (Box& box : boxes) {
    for (; !used.empty() && used.top().first <= box.from(); used.pop())
      vacant.push(used.top().second);
    if (vacant.empty()) {
      vacant.push(rows.size());
      rows.emplace_back();
    }
    used.emplace(box.to(), vacant.top());
    rows[vacant.top()].push_back(std::move(box));
    vacant.pop();
  }
  return rows;
}

}  // namespace

std::vector<Row> rows_by_lane(const Trace& trace, const Lanes& lanes) {
  std::vector<Row> rows(lanes.all().size());
  for (std::size_t i = 0; i < trace.results.size(); ++i) {
    const Result& result = trace.results[i];
    const std::size_t first = lanes.number(result.downloaded_on);
    if (!was_run(result) || first == 0) continue;
    Box box = box_of(trace, i);
    if (changes_lane(result)) {
      Box second{i, {box.spans.back()}, std::exchange(box.failed, false)};
      box.spans.resize(1);
      rows[lanes.number(result.processed_on) - 1].push_back(std::move(second));
    }
    rows[first - 1].push_back(std::move(box));
  }
  for (Row& row : rows) std::ranges::sort(row, {}, &Box::from);
  return rows;
}

bool holds_two_at_once(const Row& row) {
  const auto overlap = [](const Box& a, const Box& b) {
    return b.from() < a.to();
  };
  return std::ranges::adjacent_find(row, overlap) != row.end();
}

Picture picture_of(const Trace& trace, std::size_t most_rows) {
  const Lanes lanes(events(trace));
  Picture picture{"lane", rows_by_lane(trace, lanes), 0, lanes.all().size()};
  picture.items =
      static_cast<std::size_t>(std::ranges::count_if(trace.results, was_run));
  const bool full = std::ranges::any_of(picture.rows, holds_two_at_once);
  if (!full && picture.rows.size() <= most_rows) return picture;
  std::vector<Row> slots = rows_by_slot(trace);
  if (full || slots.size() < picture.rows.size()) {
    picture.row_name = "slot";
    picture.rows = std::move(slots);
  }
  return picture;
}

std::string caption_of(std::string_view title, const Trace& trace,
                       const Picture& picture, std::size_t most_rows) {
  std::string text =
      fmt::format("{}: {}, {}", title, format_duration(wall(trace)),
                  count_of(picture.items, "item"));
  if (picture.row_name == "slot")
    text += fmt::format(" in {}", count_of(picture.rows.size(), "slot"));
  text += fmt::format(" on {}", count_of(picture.lanes, "lane"));
  if (picture.rows.size() > most_rows)
    text +=
        fmt::format("; the first {} {}s are shown, {} are left out", most_rows,
                    picture.row_name, picture.rows.size() - most_rows);
  if (const std::size_t other = trace.results.size() - picture.items)
    text += fmt::format("; {} never ran to an end", count_of(other, "item"));
  return text;
}

}  // namespace interleave
