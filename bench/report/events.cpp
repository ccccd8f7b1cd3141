#include <fmt/format.h>

#include <vector>

#include "bench/report/facts.hpp"
#include "bench/report/lanes.hpp"
#include "bench/report/metrics.hpp"
#include "bench/report/report.hpp"
#include "bench/text/text.hpp"

namespace interleave {

namespace {

/// Items named in a completion order before it is cut short.
constexpr std::size_t named_items = 20;

/// "lane 2", or nothing for an event that has none.
std::string name_of(const Lanes& lanes, const Lane& lane) {
  const std::size_t number = lanes.number(lane);
  return number == 0 ? "" : fmt::format("lane {}", number);
}

std::string_view word_for(Event::What what) {
  switch (what) {
    case Event::What::queued:
      return "queued";
    case Event::What::started:
      return "started";
    case Event::What::downloaded:
      return "downloaded";
    case Event::What::finished:
      return "finished";
  }
  return "";
}

/// What the end of an item adds, when it was not a good one.
std::string outcome(const Event& event, const Trace& trace) {
  if (event.what != Event::What::finished) return {};
  const Result& result = trace.results[event.item];
  if (result.status == Status::completed) return {};
  return fmt::format("  {}: {}", to_string(result.status),
                     printable(to_string(result.error)));
}

std::string order_of(const Trace& trace) {
  const std::vector<std::size_t> order = completion_order(trace);
  std::string text;
  for (std::size_t n = 0; n < order.size(); ++n) {
    if (n == named_items) return text + " ...";
    text += fmt::format("{}{}", n == 0 ? "" : " ", order[n] + 1);
  }
  return text.empty() ? "nothing was completed" : text;
}

/// Who ran the items: "lane 1: process 4711, thread 4711".
std::string lanes_of(const Trace& trace) {
  const Lanes lanes(events(trace));
  std::string text;
  for (std::size_t n = 0; n < lanes.all().size(); ++n) {
    if (n == named_items) return text + "...\n";
    const Lane& lane = lanes.all()[n];
    text += fmt::format("lane {}: process {}, thread {}\n", n + 1, lane.process,
                        lane.thread);
  }
  return text;
}

std::string told(std::string_view name, const CompareReport& report,
                 const CellReport& cell) {
  return with_unit(figure_of(metric(name), report, cell), metric(name).unit);
}

std::string ideal_of(const CompareReport& report, const CellReport& cell) {
  if (!cell.ideal) return "not known";
  const std::string reached =
      cell.verified
          ? fmt::format(" ({} reached)", told("of_ideal", report, cell))
          : "";
  return fmt::format("{}{}, bound by {}", told("ideal_ns", report, cell),
                     reached, told("bound", report, cell));
}

std::string in_flight_of(const CompareReport& report, const CellReport& cell) {
  std::string text =
      fmt::format("{} of {} allowed", cell.peak_in_flight, cell.width);
  if (report.has_origin)
    text +=
        fmt::format("; the origin saw {}, on {}", cell.origin_peak_in_flight,
                    count_of(cell.connections, "connection"));
  return text;
}

std::string wall_of(const CompareReport& report, const CellReport& cell) {
  std::string text = told("wall_ns", report, cell);
  if (cell.runs.size() > 1)
    text += fmt::format(" ±{}, median of {} runs", told("spread", report, cell),
                        cell.runs.size());
  return text;
}

}  // namespace

std::string events_of(const CompareReport& report) {
  const Trace& trace = report.cells.front().traces.back();
  const std::vector<Event> happened = events(trace);
  const Lanes lanes(happened);
  const std::size_t digits =
      std::max<std::size_t>(4, fmt::formatted_size("{}", report.items));

  std::string text =
      fmt::format("{:>10}  {:<10}  {:>{}}\n", "ms", "event", "item", digits);
  for (const Event& event : happened) {
    const std::chrono::duration<double, std::milli> at = event.at - trace.began;
    std::string line =
        fmt::format("{:10.3f}  {:<10}  {:>{}}  {}{}", at.count(),
                    word_for(event.what), event.item + 1, digits,
                    name_of(lanes, event.lane), outcome(event, trace));
    line.erase(line.find_last_not_of(' ') + 1);
    text += line + '\n';
  }
  return text;
}

std::string summary_of(const CompareReport& report, const Context& context,
                       const Style& style) {
  const CellReport& cell = report.cells.front();
  Document document(style);
  add_facts(document, describe_work(report), report.date, report.cores,
            context);
  std::string text = document.take() + '\n';
  const auto add = [&](std::string_view name, const std::string& value) {
    text += wrap(fmt::format("{:<12}{}", name, spelled(value, style)),
                 style.columns, 12);
  };
  add("cell", fmt::format("{} ({})", cell.cell->name(), cell.cell->source()));
  if (cell.runs.empty()) {
    add("items", "interrupted before a run was done");
    return text;
  }
  const Trace& trace = cell.traces.back();
  add("items", cell.verified
                   ? count_of(report.items, "item") + " completed and verified"
                   : failure_summary(report, cell));
  if (const std::string error = first_error(cell); !error.empty())
    add("first error", error);
  add("wall", wall_of(report, cell));
  add("ideal", ideal_of(report, cell));
  add("in flight", in_flight_of(report, cell));
  add("overtakes", fmt::format("{}", overtakes(trace)));
  add("order", order_of(trace));
  for (const char* name : {"cpu_per_item_ns", "peak_rss_bytes"})
    add(metric(name).title, told(name, report, cell));
  if (report.interrupted || !report.failure.empty())
    add("note", printable(conclude(report)));
  return text + '\n' + lanes_of(trace);
}

}  // namespace interleave
