// A comparison that never ran: made by hand, so every digit is known.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "bench/report/report.hpp"
#include "bench/text/text.hpp"

namespace interleave {

using namespace std::chrono_literals;

inline constexpr auto origin_of_time = Clock::time_point(1s);
inline constexpr std::size_t item_count = 4;

inline Context context_by_hand() {
  Context context;
  context.host = "bench-1";
  context.kernel = "Linux 6.1.0";
  context.cpu_model = "AMD EPYC";
  context.cores = 2;
  context.cores_online = 4;
  context.descriptors = 1024;
  context.version = "0.2.0";
  context.git_commit = "abc123";
  context.compiler = "GNU 12.2.0";
  context.flags = "-O3";
  context.build_type = "Release";
  context.libraries = {{"fmt", "9.1.0"}};
  return context;
}

/// Items one after the other, 10 ms each, the first one millisecond late.
inline Run run_by_hand(Clock::duration took) {
  Run run;
  run.trace.began = origin_of_time;
  run.trace.ended = origin_of_time + took;
  for (std::size_t i = 0; i < item_count; ++i) {
    const auto started =
        origin_of_time + 1ms + 10ms * static_cast<std::int64_t>(i);
    Result result;
    result.status = Status::completed;
    result.queued = started - 1ms;
    result.started = started;
    result.downloaded = started + 8ms;
    result.processing = started + 8ms;
    result.finished = started + 10ms;
    result.downloaded_on = result.processed_on = {100, 101};
    result.bytes = 1024;
    result.digest = i + 1;
    run.trace.results.push_back(result);
  }
  run.cpu = {3ms, 1ms};
  run.peak_rss_bytes = std::uint64_t{8} << 20;
  run.connections = 1;
  run.origin_peak_in_flight = 1;
  run.origin_requests = item_count;
  return run;
}

inline CellReport cell_by_hand(std::string_view name, double wall_ns,
                               std::chrono::nanoseconds ideal,
                               LimitingFactor bound) {
  CellReport cell;
  cell.cell = select_cells(name).front();
  const Run run = run_by_hand(std::chrono::nanoseconds(std::int64_t(wall_ns)));
  cell.runs.assign(3, figures_of(run));
  cell.traces.assign(3, run.trace);
  cell.wall = {wall_ns, wall_ns * 0.98, wall_ns * 1.02, 0.75};
  cell.cpu = {4e6, 4e6, 4e6};
  cell.peak_rss = {8 << 20, 8 << 20, 8 << 20};
  cell.ideal = Ideal{ideal, bound};
  cell.width = cell.peak_in_flight = cell.peak_held = 1;
  cell.origin_peak_in_flight = 1;
  cell.queue_wait = {1ms, 1ms, 2ms};
  cell.latency = {10ms, 11ms, 12ms};
  cell.connections = 1;
  cell.bytes = 4096;
  cell.digest = 0xabc;
  cell.verified = true;
  return cell;
}

inline CompareReport report_by_hand() {
  CompareReport report;
  report.settings.workload = recipe("pages").defaults;
  report.settings.workload.items = item_count;
  report.items = item_count;
  report.cores = 2;
  report.has_origin = true;
  report.date = "2026-01-02T03:04:05Z";
  report.runs_planned = report.runs_done = 8;
  report.cells.push_back(cell_by_hand("sequential/one_by_one", 82e6, 80ms,
                                      LimitingFactor::waiting));
  report.cells.push_back(
      cell_by_hand("threads/queue", 41e6, 40ms, LimitingFactor::limit));
  report.cells.push_back(
      cell_by_hand("async/queue", 40.4e6, 40ms, LimitingFactor::cpu));
  return report;
}

/// Makes something else of what happened in the first of the three runs.
template <class Edit>
inline CellReport& edit_first_run(CellReport& cell, Edit edit) {
  Run run = run_by_hand({});
  run.trace = cell.traces.front();
  edit(run.trace.results);
  cell.runs.front() = figures_of(run);
  cell.traces.front() = run.trace;
  return cell;
}

/// One item failed and one was skipped.
inline CellReport& fail_two_items(
    CellReport& cell, const char* text = "nothing\x1b[31m for 30 s") {
  cell.verified = false;
  return edit_first_run(cell, [&](Results& results) {
    results[1].status = Status::failed;
    results[1].error = {ErrorKind::timeout, text};
    results[2] = Result();
    results[2].status = Status::skipped;
  });
}

/// The report of one cell, which was run once.
inline CompareReport only(CellReport cell) {
  CompareReport report = report_by_hand();
  cell.runs.resize(1);
  cell.traces.resize(1);
  report.cells = {std::move(cell)};
  return report;
}

inline std::string table(const CompareReport& report, std::size_t columns,
                         bool unicode = false, bool colour = false) {
  return written(
      Document({.columns = columns, .colour = colour, .unicode = unicode}),
      report, context_by_hand());
}

inline std::string conclusion(const CompareReport& report,
                              std::size_t columns) {
  return statements(conclude(report), columns);
}

inline std::size_t widest_line(std::string_view text) {
  std::size_t widest = 0;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = text.find('\n', start);
    widest = std::max(widest, width_of(text.substr(start, end - start)));
    start = end + 1;
  }
  return widest;
}

}  // namespace interleave
