#include <unistd.h>

#include "bench/command/job.hpp"
#include "bench/command/outputs.hpp"
#include "bench/command/verbs.hpp"
#include "bench/report/report.hpp"

namespace interleave {

namespace {

constexpr HelpPage page{"compare",
                        "Does the same job in every cell and compares them.",
                        "[OPTIONS]",
                        R"(  interleave compare
  interleave compare --items 160 --latency 89ms --limit 5
  interleave compare --workload mixed --cells 'threads/*,async/*'
  interleave compare --urls my-urls.txt --json=result.json
)"};

}  // namespace

int compare_verb(Arguments arguments) {
  JobTexts texts;
  Text cells;
  CompareReport report;
  Context context;
  Outputs outputs;
  Parser parser(page);
  parser.option("--cells", "LIST",
                "which ones, such as threads/queue,async/* (default: all)",
                cells);
  add_job_options(parser, texts);
  outputs.add(parser, "--json",
              "as JSON, to stdout instead of the table or to FILE",
              [&](const auto&) { return json_of(report, context); });
  outputs.add(parser, "--csv", "as CSV, in the same way",
              [&](const auto&) { return csv_of(report); });
  outputs.add(parser, "--markdown", "as Markdown, in the same way",
              [&](const auto&) { return markdown_of(report, context); });
  if (!parser.parse(arguments)) return status::success;
  outputs.check();

  CompareSettings settings = read_job(texts, CompareSettings().runs);
  with("--cells", cells.value_or("*"),
       [&](std::string_view list) { settings.cells = select_cells(list); });
  report = run_job(settings);
  context = read_context();
  outputs.write(
      [&] { return table_of(report, context, style_for(STDOUT_FILENO)); });
  return status_of(report);
}

}  // namespace interleave
