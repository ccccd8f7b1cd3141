#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <functional>
#include <stdexcept>
#include <utility>

#include "bench/command/job.hpp"
#include "bench/command/outputs.hpp"
#include "bench/command/verbs.hpp"
#include "bench/compare/sweep.hpp"
#include "bench/html/page.hpp"
#include "bench/report/report.hpp"

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
  interleave sweep --limit 4,8,16,32,64 --items 200 --server knee-16
)"};

constexpr std::string_view usual_cells =
    "threads/queue,processes/queue,async/queue";
constexpr std::string_view usual_cpu = "0us,500us,1ms,2ms,5ms,10ms,20ms";
constexpr std::size_t most_values = 64;

/// The option that may be a list, and what it says at each value.
struct List {
  Axis axis;
  std::string_view option;
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
  constexpr std::pair<Axis, std::string_view> axes[] = {
      {Axis::limit, "--limit"}, {Axis::cpu, "--cpu"}, {Axis::items, "--items"}};
  std::vector<List> lists;
  for (const auto& [axis, option] : axes)
    if (const Text& text = texts[option];
        text && text->find(',') != std::string::npos)
      lists.push_back({axis, option, split(*text)});
  if (lists.size() > 1)
    throw std::invalid_argument(
        fmt::format("--{} and --{} are both lists: sweep one of them",
                    to_string(lists[0].axis), to_string(lists[1].axis)));
  if (!lists.empty()) return lists.front();
  if (texts["--cpu"])
    throw std::invalid_argument(
        "nothing is a list: write several values, as in --cpu 0us,1ms,5ms");
  return {Axis::cpu, "--cpu", split(usual_cpu)};
}

/// A comparison for each value. What is wrong with one of them is told as
/// compare tells it.
SweepSettings read_sweep(JobTexts texts, const Text& cells) {
  if (texts["--urls"])
    throw std::invalid_argument(
        "--urls: a list of URLs is one job; sweep a workload");
  const List list = find_list(texts);
  if (list.axis == Axis::cpu && !texts["--workload"])
    texts["--workload"] = "mixed";
  SweepSettings sweep{list.axis, {}};
  std::vector<CompareSettings>& all = sweep.points;
  std::vector<std::uint64_t> values;
  for (const std::string& value : list.values) {
    texts[list.option] = value;
    all.push_back(read_job(texts, CompareSettings().runs));
    parse_option("--cells", cells.value_or(std::string(usual_cells)),
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
  return sweep;
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

  SweepSettings settings = read_sweep(std::move(texts), cells);
  if (outputs.asked("--html"))
    for (CompareSettings& point : settings.points)
      point.traces = CompareSettings::Traces::middle;
  report = watched([&](ProgressDisplay& display) {
    return sweep(settings, std::ref(display));
  });
  context = read_context();
  outputs.write([&] {
    return written(Document(style_for(STDOUT_FILENO)), report, context);
  });
  return status_of(report);
}

}  // namespace interleave
