#include <unistd.h>

#include "bench/command/job.hpp"
#include "bench/command/outputs.hpp"
#include "bench/command/verbs.hpp"
#include "bench/html/page.hpp"
#include "bench/report/report.hpp"
#include "bench/report/timeline.hpp"
#include "bench/report/trace_events.hpp"

namespace interleave {

namespace {

constexpr HelpPage compare_page{
    "compare", "Run the same job in every cell and compare the cells.",
    "[OPTIONS]",
    R"(  interleave compare
  interleave compare --items 160 --latency 89ms --limit 5
  interleave compare --cells '*/queue' --timeline
  interleave compare --workload mixed --cells 'threads/*,async/*'
  interleave compare --items 160 --limit 16 --server slots-16 --wide
  interleave compare --urls my-urls.txt --save result.json
)"};

/// The cells of a pattern below each other, on one time axis.
std::string timelines_of(const CompareReport& report, const Style& style) {
  constexpr std::size_t most_rows = 8;
  std::vector<TimelineGroup> groups;
  for (const Pattern& pattern : patterns()) {
    TimelineGroup group{std::string(pattern.name), {}};
    for (const CellReport& cell : report.cells)
      if (cell.cell->pattern == &pattern && !cell.traces.empty())
        group.timelines.push_back({cell.cell->name(), &cell.traces.back()});
    if (!group.timelines.empty()) groups.push_back(std::move(group));
  }
  return timelines_of(groups, style, most_rows);
}

/// The options as they were typed.
struct Texts {
  JobTexts job;
  Text cells;
  bool timeline = false, wide = false;
};

void add_options(Parser& parser, Texts& texts) {
  parser.option("--cells", "LIST",
                "cells to run, such as threads/queue,async/* (default: all)",
                texts.cells);
  add_job_options(parser, texts.job);
  parser.flag("--wide",
              "show all columns, in several tables where they do not fit; also "
              "the items' waits and latencies, and the lag of event loops",
              texts.wide);
  parser.flag("--timeline",
              "draw when the tasks of each cell waited and processed",
              texts.timeline);
}

void add_outputs(Outputs& outputs, Parser& parser, const Texts& texts,
                 const CompareReport& report, const Context& context) {
  outputs.add(parser, "--json",
              "as JSON, to stdout instead of the table or to FILE",
              [&](const auto&) { return json_of(report, context); });
  outputs.add(parser, "--csv", "as CSV, in the same way",
              [&](const auto&) { return csv_of(report); });
  outputs.add(parser, "--markdown", "as Markdown, in the same way",
              [&](const auto&) {
                return written(Document(), report, context, texts.wide);
              });
  outputs.add_file(parser, "--save", "save that JSON for `interleave diff`",
                   [&](const Sink& sink) { sink(json_of(report, context)); });
  outputs.add_file(parser, "--html",
                   "page with pictures and sources, one file for a browser",
                   [&](const Sink& sink) {
                     html::write_page(html::page_of(report, context), sink);
                   });
  outputs.add_file(
      parser, "--trace",
      "median run of each cell as trace events, for ui.perfetto.dev",
      [&](const Sink& sink) { write_trace_events(report, context, sink); });
}

CompareSettings read_settings(const Texts& texts, const Outputs& outputs) {
  std::vector<const Cell*> cells;
  parse_option("--cells", texts.cells.value_or("*"),
               [&](std::string_view list) { cells = select_cells(list); });
  CompareSettings settings = read_job(texts.job, CompareSettings().runs);
  settings.cells = std::move(cells);
  settings.watch_lag = texts.wide;
  if (texts.timeline || outputs.asked("--trace") || outputs.asked("--html"))
    settings.traces = CompareSettings::Traces::middle;
  return settings;
}

}  // namespace

int compare_verb(Arguments arguments) {
  Texts texts;
  CompareReport report;
  Context context;
  Outputs outputs;
  Parser parser(compare_page);
  add_options(parser, texts);
  add_outputs(outputs, parser, texts, report, context);
  if (!parser.parse(arguments)) return status::success;
  outputs.check(inputs_of(texts.job));
  if (texts.timeline) outputs.refuse_beside_stdout("--timeline");

  report = run_job(read_settings(texts, outputs));
  context = read_context();
  outputs.write([&] {
    const Style style = style_for(STDOUT_FILENO);
    std::string text = written(Document(style), report, context, texts.wide);
    if (texts.timeline) text += '\n' + timelines_of(report, style);
    return text;
  });
  return status_of(report);
}

}  // namespace interleave
