#include "bench/report/trace_events.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "bench/report/facts.hpp"
#include "bench/report/json.hpp"
#include "bench/report/lanes.hpp"
#include "bench/report/picture.hpp"

namespace interleave {

namespace {

using Stamp = Clock::time_point;

/// Threads: the submission, then the lanes. To Perfetto 0 is the idle thread.
constexpr std::size_t submission = 1;

std::size_t thread_of(std::size_t lane) {
  return submission + lane;
}

bool known(Stamp at) {
  return at != Stamp{};
}

/// Which lanes hold two items at once; of them, which even process two. By
/// number; 0 is not used.
struct Crowded {
  std::vector<bool> lanes{false}, processing{false};
};

Crowded crowded(const Trace& trace, const Lanes& lanes) {
  Crowded crowded;
  for (const Row& row : rows_by_lane(trace, lanes)) {
    crowded.lanes.push_back(holds_two_at_once(row));
    Row processed;
    for (const Box& box : row) {
      const Span& last = box.spans.back();
      if (last.part == ItemPhase::processing && last.from < last.to)
        processed.push_back({box.item, {last}});
    }
    std::ranges::sort(processed, {}, &Box::from);
    crowded.processing.push_back(holds_two_at_once(processed));
  }
  return crowded;
}

/// The events of one cell.
class CellWriter {
 public:
  CellWriter(std::size_t process, std::string name, const Trace& trace,
             std::string_view& separator, const Sink& sink)
      : process_(process),
        name_(std::move(name)),
        trace_(trace),
        lanes_(events(trace)),
        crowded_(crowded(trace, lanes_)),
        separator_(separator),
        sink_(sink) {}

  void write() {
    name_tracks();
    for (std::size_t i = 0; i < trace_.results.size(); ++i) write_item(i);
    write_counters();
    for (const LimitStep& step : trace_.limits)
      event('C', submission, ts(step.at), "limit",
            fmt::format(",\"args\":{{\"limit\":{}}}", step.limit));
  }

 private:
  std::string ts(Stamp at) const { return microseconds(at - trace_.began); }

  static std::string microseconds(std::chrono::nanoseconds time) {
    const auto ns = time.count();
    return fmt::format("{}{}.{:03}", ns < 0 ? "-" : "", std::abs(ns) / 1000,
                       std::abs(ns) % 1000);
  }

  /// `rest` begins with a comma, or is empty.
  void event(char phase, std::size_t thread, std::string_view time,
             std::string_view name, std::string_view rest) {
    sink_(fmt::format(
        "{}\n{{\"ph\":\"{}\",\"pid\":{},\"tid\":{},\"ts\":{},\"name\":{}{}}}",
        std::exchange(separator_, ","), phase, process_, thread, time,
        json_string(name), rest));
  }

  void name_tracks() {
    const auto name = [&](std::size_t thread, std::string_view what,
                          std::string_view value) {
      event('M', thread, "0", what,
            fmt::format(",\"args\":{{\"name\":{}}}", json_string(value)));
    };
    name(submission, "process_name", name_);
    name(submission, "thread_name", "submission");
    for (std::size_t n = 1; n <= lanes_.all().size(); ++n) {
      const Lane& lane = lanes_.all()[n - 1];
      name(thread_of(n), "thread_name",
           fmt::format("lane {} (process {}, thread {})", n, lane.process,
                       lane.thread));
    }
    for (std::size_t n = 0; n <= lanes_.all().size(); ++n)
      event('M', thread_of(n), "0", "thread_sort_index",
            fmt::format(",\"args\":{{\"sort_index\":{}}}", n));
  }

  void slice(std::size_t thread, Stamp from, Stamp to, std::string_view name,
             std::size_t item) {
    event('X', thread, ts(from), name,
          fmt::format(",\"dur\":{},\"cat\":\"lane\",\"args\":{{\"item\":{}}}",
                      microseconds(to - from), item + 1));
  }

  void flow(char phase, std::size_t thread, Stamp at, std::size_t item) {
    event(phase, thread, ts(at), "start",
          fmt::format(",\"cat\":\"flow\",\"id\":\"{}.{}\"{}", process_,
                      item + 1, phase == 'f' ? ",\"bp\":\"e\"" : ""));
  }

  void write_item(std::size_t i) {
    const Result& result = trace_.results[i];
    if (known(result.queued))
      slice(submission, result.queued, result.queued,
            fmt::format("queued {}", i + 1), i);
    if (!known(result.started) || !known(result.finished)) return;
    if (known(result.queued)) flow('s', submission, result.queued, i);
    write_on_lanes(i, result);
    write_apart(i, result);
  }

  void write_on_lanes(std::size_t i, const Result& result) {
    const std::size_t first = lanes_.number(result.downloaded_on);
    const std::size_t second = lanes_.number(result.processed_on);
    if (crowded_.lanes[first])
      slice(thread_of(first), result.started, result.started,
            fmt::format("started {}", i + 1), i);
    else
      slice(thread_of(first), result.started,
            known(result.downloaded) ? result.downloaded : result.finished,
            fmt::format("waiting {}", i + 1), i);
    if (known(result.queued)) flow('f', thread_of(first), result.started, i);
    if (known(result.processing) && !crowded_.processing[second])
      slice(thread_of(second), result.processing, result.finished,
            fmt::format("processing {}", i + 1), i);
  }

  /// The item and its parts, each from one stamp to the next.
  void write_apart(std::size_t i, const Result& result) {
    const std::size_t lane = lanes_.number(result.downloaded_on);
    const std::string id =
        fmt::format(",\"cat\":\"item\",\"id\":\"{}.{}\"", process_, i + 1);
    const auto at = [&](char phase, Stamp when, std::string_view name,
                        std::string_view more) {
      event(phase, thread_of(lane), ts(when), name, id + std::string(more));
    };
    const std::string name = fmt::format("item {}", i + 1);
    const Stamp first = known(result.queued) ? result.queued : result.started;
    at('b', first, name, outcome(result));
    const auto part = [&](std::string_view what, Stamp from, Stamp to) {
      if (!known(from) || !known(to)) return;
      at('b', from, what, {});
      at('e', to, what, {});
    };
    part("queued", result.queued, result.started);
    part("waiting", result.started,
         known(result.downloaded) ? result.downloaded : result.finished);
    part("held", result.downloaded, result.processing);
    part("processing", result.processing, result.finished);
    at('e', result.finished, name, {});
  }

  static std::string outcome(const Result& result) {
    return fmt::format(",\"args\":{{\"status\":{},\"error\":{},\"bytes\":{}}}",
                       json_string(to_string(result.status)),
                       json_string(result.error.text), result.bytes);
  }

  void write_counters() {
    enum Count { flying, queued, held };
    std::vector<std::tuple<Stamp, int, Count>> steps;
    const auto count = [&](Count what, Stamp from, Stamp to) {
      if (!known(from) || !known(to)) return;
      steps.emplace_back(from, +1, what);
      steps.emplace_back(to, -1, what);
    };
    for (const Result& result : trace_.results) {
      count(queued, result.queued, result.started);
      count(flying, result.started, result.downloaded);
      count(held, result.downloaded, result.processing);
    }
    std::ranges::sort(steps);  // at one moment, -1 sorts before +1
    std::int64_t now[3] = {};
    for (std::size_t n = 0; n < steps.size(); ++n) {
      const auto& [when, step, what] = steps[n];
      now[what] += step;
      if (n + 1 < steps.size() && std::get<Stamp>(steps[n + 1]) == when)
        continue;
      event('C', submission, ts(when), "in flight",
            fmt::format(",\"args\":{{\"items\":{}}}", now[flying]));
      event('C', submission, ts(when), "queue length",
            fmt::format(",\"args\":{{\"queued\":{},\"held\":{}}}", now[queued],
                        now[held]));
    }
  }

  std::size_t process_;
  std::string name_;
  const Trace& trace_;
  Lanes lanes_;
  Crowded crowded_;
  std::string_view& separator_;  // from the last event to the next
  const Sink& sink_;
};

}  // namespace

void write_trace_events(const CompareReport& report, const Context& context,
                        const Sink& sink) {
  sink(
      fmt::format("{{\"displayTimeUnit\":\"ms\",\n\"otherData\":{{"
                  "\"schema\":\"interleave/trace-events/v1\",\"version\":{},"
                  "\"date\":{},\"job\":{},\"machine\":{}}},\n\"traceEvents\":[",
                  json_string(context.version), json_string(report.date),
                  json_string(describe_work(report)),
                  json_string(describe_machine(report.cores, context))));
  std::size_t process = 0;
  std::string_view separator;
  for (const CellReport& cell : report.cells) {
    if (cell.traces.empty()) continue;
    CellWriter(++process, cell.cell->name(), cell.traces.back(), separator,
               sink)
        .write();
  }
  sink("\n]}\n");
}

}  // namespace interleave
