#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <map>
#include <stdexcept>
#include <utility>

#include "bench/command/job.hpp"
#include "bench/command/outputs.hpp"
#include "bench/command/verbs.hpp"
#include "bench/compare/rounds.hpp"
#include "bench/compare/stages.hpp"
#include "bench/compare/sweep.hpp"
#include "bench/html/page.hpp"
#include "bench/measure/trace_store.hpp"
#include "bench/report/progress.hpp"
#include "bench/report/report.hpp"
#include "bench/text/interrupt.hpp"

namespace interleave {

namespace {

constexpr HelpPage sweep_page{
    "sweep",
    "Compare at one value after another and report crossovers: --limit, --cpu "
    "or --items takes a list. A list of --cpu uses the workload mixed.",
    "[OPTIONS]",
    R"(  interleave sweep
  interleave sweep --cpu 0us,100us,1ms,10ms --latency 5ms
  interleave sweep --limit 1,2,4,8,16 --cells '*/queue'
)"};

constexpr std::string_view usual_cells =
    "threads/queue,processes/queue,async/queue";
constexpr std::string_view usual_cpu = "0us,500us,1ms,2ms,5ms,10ms,20ms";
constexpr std::size_t most_values = 64;

/// The option that may be a list, and what it says at each value.
struct List {
  Axis axis;
  Text JobTexts::* text;
  std::vector<std::string> values;
};

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t comma = list.find(',');
    parts.emplace_back(list.substr(0, comma));
    if (comma == std::string_view::npos) return parts;
    list.remove_prefix(comma + 1);
  }
}

/// The one that is a list; processing time, when none is given.
List find_list(JobTexts& texts) {
  constexpr std::pair<Axis, Text JobTexts::*> axes[] = {
      {Axis::limit, &JobTexts::limit},
      {Axis::cpu, &JobTexts::cpu},
      {Axis::items, &JobTexts::items}};
  std::vector<List> lists;
  for (const auto& [axis, text] : axes)
    if (texts.*text && (texts.*text)->find(',') != std::string::npos)
      lists.push_back({axis, text, split(*(texts.*text))});
  if (lists.size() > 1)
    throw std::invalid_argument(
        fmt::format("--{} and --{} are both lists: sweep one of them",
                    to_string(lists[0].axis), to_string(lists[1].axis)));
  if (!lists.empty()) return lists.front();
  if (texts.cpu)
    throw std::invalid_argument(
        "nothing is a list: write several values, as in --cpu 0us,1ms,5ms");
  return {Axis::cpu, &JobTexts::cpu, split(usual_cpu)};
}

std::uint64_t value_of(Axis axis, const CompareSettings& settings) {
  switch (axis) {
    case Axis::limit:
      return settings.options.limit;
    case Axis::cpu:
      return static_cast<std::uint64_t>(settings.workload.cpu.count());
    case Axis::items:
      break;
  }
  return settings.workload.items;
}

/// A comparison for each value. What is wrong with one of them is told as
/// compare tells it.
std::vector<CompareSettings> read_sweep(JobTexts texts, const Text& cells,
                                        SweepReport& report) {
  if (texts.urls)
    throw std::invalid_argument(
        "--urls: a list of URLs is one job; sweep a workload");
  const List list = find_list(texts);
  report.axis = list.axis;
  if (list.axis == Axis::cpu && !texts.workload) texts.workload = "mixed";
  std::vector<CompareSettings> all;
  std::vector<std::uint64_t> values;
  report.planned = list.values.size();
  for (const std::string& value : list.values) {
    texts.*list.text = value;
    all.push_back(read_job(texts, CompareSettings().runs));
    with("--cells", cells.value_or(std::string(usual_cells)),
         [&](std::string_view names) {
           all.back().cells = select_cells(names);
         });
    values.push_back(value_of(list.axis, all.back()));
  }
  const bool rising =
      std::ranges::adjacent_find(values, std::greater_equal()) == values.end();
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].place = i;
    all[i].places = all.size();
  }
  if (!rising || values.size() > most_values)
    throw std::invalid_argument(
        fmt::format("--{}: give at most {} values in ascending order",
                    to_string(list.axis), most_values));
  return all;
}

/// Traces of the values that were measured: the runs of the next ones are
/// forked from here, and must not have them in their memory.
class PutAside {
 public:
  void put(CompareReport& report) {
    const std::size_t point = report.settings.place;
    for (std::size_t cell = 0; cell < report.cells.size(); ++cell)
      for (const Trace& trace : std::exchange(report.cells[cell].traces, {})) {
        if (!store_) store_.emplace();
        kept_.push_back({point, cell, store_->put(trace)});
      }
  }
  void bring_back(SweepReport& report) const {
    for (CompareReport& point : report.points)
      for (const Kept& one : kept_)
        if (one.point == point.settings.place)
          point.cells[one.cell].traces.push_back(store_->get(one.place));
  }

 private:
  struct Kept {
    std::size_t point, cell;
    TraceStore::Place place;
  };
  std::optional<TraceStore> store_;
  std::vector<Kept> kept_;
};

/// In an order of their own, so that what changes on the machine meanwhile is
/// not taken for what the values do. What was measured before something failed
/// still stands.
void run_all(const std::vector<CompareSettings>& all, SweepReport& report,
             PutAside& traces) {
  catch_interrupts();
  ProgressDisplay display(STDERR_FILENO);
  Stages stages(all.size());
  const auto show = [&](const Progress& progress) {
    display.show(stages.of_all(progress));
  };
  std::map<std::size_t, CompareReport> done;  // by the place of its value
  const std::uint64_t seed = all.front().workload.seed;
  const auto order = balanced_rounds(all.size(), 1, seed);
  for (const std::size_t next : order.front()) {
    stages.set_done(done.size());
    try {
      done[next] = compare(all[next], show);
    } catch (const InfrastructureError& error) {
      if (done.empty()) throw;
      report.failure = error.what();
      break;
    }
    traces.put(done[next]);
    report.failure = done[next].failure;
    if (done[next].interrupted || !report.failure.empty()) break;
  }
  for (auto& [place, point] : done) {
    report.values.push_back(value_of(report.axis, all[place]));
    report.points.push_back(std::move(point));
  }
}

void add_outputs(Outputs& outputs, Parser& parser, const SweepReport& report,
                 const Context& context) {
  outputs.add(parser, "--json",
              "as JSON, to stdout instead of the table or to FILE",
              [&](const auto&) { return json_of(report, context); });
  outputs.add(parser, "--csv", "as CSV, in the same way",
              [&](const auto&) { return csv_of(report); });
  outputs.add(
      parser, "--markdown", "as Markdown, in the same way",
      [&](const auto&) { return written(Document(), report, context); });
  outputs.add_file(parser, "--html",
                   "page with pictures and sources, one file for a browser",
                   [&](const Sink& sink) {
                     html::write_page(html::page_of(report, context), sink);
                   });
}

int status_of(const SweepReport& report) {
  for (const CompareReport& point : report.points)
    if (const int status = status_of(point)) return status;
  if (!report.failure.empty()) throw InfrastructureError(report.failure);
  return status::success;
}

}  // namespace

int sweep_verb(Arguments arguments) {
  JobTexts texts;
  Text cells;
  SweepReport report;
  Context context;
  Outputs outputs;
  Parser parser(sweep_page);
  parser.option(
      "--cells", "LIST",
      "cells to run (default: threads/queue,processes/queue,async/queue)",
      cells);
  add_job_options(parser, texts);
  add_outputs(outputs, parser, report, context);
  if (!parser.parse(arguments)) return status::success;
  outputs.check(inputs_of(texts));

  std::vector<CompareSettings> all =
      read_sweep(std::move(texts), cells, report);
  if (outputs.asked("--html"))
    for (CompareSettings& settings : all)
      settings.traces = CompareSettings::Traces::middle;
  PutAside traces;
  run_all(all, report, traces);
  traces.bring_back(report);
  context = read_context();
  outputs.write([&] {
    return written(Document(style_for(STDOUT_FILENO)), report, context);
  });
  return status_of(report);
}

}  // namespace interleave
