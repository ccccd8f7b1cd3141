#include <fmt/format.h>
#include <unistd.h>

#include <stdexcept>
#include <vector>

#include "bench/command/job.hpp"
#include "bench/command/outputs.hpp"
#include "bench/command/verbs.hpp"
#include "bench/html/page.hpp"
#include "bench/report/report.hpp"
#include "bench/report/timeline.hpp"
#include "bench/report/trace_events.hpp"
#include "bench/text/text.hpp"

namespace interleave {

namespace {

constexpr HelpPage run_page{"run", "Run one cell and report what happened.",
                            "CELL [OPTIONS]",
                            R"(  interleave run threads/queue --timeline
  interleave run async/semaphore --items 4 --limit 2 --events
  interleave run threads/queue --latency 10ms..50ms --events
  interleave run processes/pipeline --workload mixed --json=run.json
)"};

/// One cell, by its whole name.
const Cell* find_cell(const Text& name) {
  if (!name)
    throw std::invalid_argument(
        "run: which cell? Name one, such as async/queue; `interleave list` "
        "shows all");
  if (name->find_first_of("*,") != std::string::npos)
    throw std::invalid_argument(fmt::format(
        "run: '{}' is more than one cell: `interleave compare --cells` takes "
        "several",
        printable(*name)));
  const Cell* cell = nullptr;
  parse_option("run", name, [&](std::string_view text) {
    cell = select_cells(text).front();
  });
  return cell;
}

/// What goes to stdout when JSON does not.
struct Shown {
  bool events = false, timeline = false;
};

std::string timeline_of(const CellReport& cell, const Style& style) {
  constexpr std::size_t most_rows = 24;
  const TimelineGroup alone{"", {{cell.cell->name(), &cell.traces.back()}}};
  return timelines_of({&alone, 1}, style, most_rows);
}

std::string text_of(const CompareReport& report, const Context& context,
                    const Shown& shown) {
  const Style style = style_for(STDOUT_FILENO);
  const CellReport& cell = report.cells.front();
  std::string text;
  if (shown.events && !cell.traces.empty()) text += events_of(report) + '\n';
  if (shown.timeline && !cell.traces.empty())
    text += timeline_of(cell, style) + '\n';
  return text + summary_of(report, context, style);
}

void add_outputs(Outputs& outputs, Parser& parser, const CompareReport& report,
                 const Context& context) {
  outputs.add(parser, "--json", "every stamp as JSON, to stdout or to FILE",
              [&](const auto&) { return run_json_of(report, context); });
  outputs.add_file(parser, "--html",
                   "page with pictures and sources, one file for a browser",
                   [&](const Sink& sink) {
                     html::write_page(html::page_of(report, context), sink);
                   });
  outputs.add_file(
      parser, "--trace", "trace events, for ui.perfetto.dev",
      [&](const Sink& sink) { write_trace_events(report, context, sink); });
}

}  // namespace

int run_verb(Arguments arguments) {
  JobTexts texts;
  Text name;
  Shown shown;
  CompareReport report;
  Context context;
  Outputs outputs;
  Parser parser(run_page);
  parser.argument("CELL", "model/pattern, such as threads/queue", name);
  parser.flag("--events", "print the events in order, one per line",
              shown.events);
  parser.flag("--timeline", "draw when each task waited and processed",
              shown.timeline);
  add_job_options(parser, texts);
  add_outputs(outputs, parser, report, context);
  if (!parser.parse(arguments)) return status::success;
  outputs.check(inputs_of(texts));
  if (shown.events) outputs.refuse_beside_stdout("--events");
  if (shown.timeline) outputs.refuse_beside_stdout("--timeline");

  const Cell* const cell = find_cell(name);
  CompareSettings settings = read_job(texts, 1);
  settings.cells = {cell};
  settings.traces = outputs.asked("--json") ? CompareSettings::Traces::all
                                            : CompareSettings::Traces::last;
  report = run_job(settings);
  context = read_context();
  outputs.write([&] { return text_of(report, context, shown); });
  return status_of(report);
}

}  // namespace interleave
