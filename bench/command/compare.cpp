#include <fmt/format.h>
#include <unistd.h>

#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "bench/command/job.hpp"
#include "bench/command/verbs.hpp"
#include "bench/report/output.hpp"
#include "bench/report/report.hpp"
#include "bench/report/text.hpp"

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

/// The reports that were asked for beside the table.
struct Outputs {
  Text json, csv, markdown;

  /// How many of them go to stdout.
  int on_stdout() const {
    int count = 0;
    for (const Text* text : {&json, &csv, &markdown})
      count += *text && (*text)->empty();
    return count;
  }
};

void add_outputs(Parser& parser, Outputs& outputs) {
  parser.output("--json", "as JSON, to stdout instead of the table or to FILE",
                outputs.json);
  parser.output("--csv", "as CSV, in the same way", outputs.csv);
  parser.output("--markdown", "as Markdown, in the same way", outputs.markdown);
}

void check(const Outputs& outputs) {
  if (outputs.on_stdout() > 1)
    throw std::invalid_argument(
        "only one of --json, --csv and --markdown can have stdout: write the "
        "others to files, as in --csv=FILE");
  const Text* all[] = {&outputs.json, &outputs.csv, &outputs.markdown};
  for (const Text* a : all)
    for (const Text* b : all)
      if (a < b && *a && *b && !(*a)->empty() && !(*b)->empty() &&
          same_file(**a, **b))
        throw std::invalid_argument(
            fmt::format("two reports have the same file '{}': name two files",
                        printable(**a)));
}

/// Everything is tried; the first failure is told in the end.
void write_all(const Outputs& outputs, const CompareReport& report) {
  const Context context = read_context();
  const std::pair<const Text*, std::function<std::string()>> reports[] = {
      {&outputs.json, [&] { return json_of(report, context); }},
      {&outputs.csv, [&] { return csv_of(report); }},
      {&outputs.markdown, [&] { return markdown_of(report, context); }}};
  Attempts all;
  if (outputs.on_stdout() == 0)
    all.attempt([&] {
      write_stdout(table_of(report, context, style_for(STDOUT_FILENO)));
    });
  for (const auto& [file, text] : reports) {
    if (!*file) continue;
    all.attempt([&] {
      if ((*file)->empty())
        write_stdout(text());
      else
        write_file(**file, text());
    });
  }
  all.finish();
}

}  // namespace

int compare_verb(Arguments arguments) {
  JobTexts texts;
  Text cells;
  Outputs outputs;
  Parser parser(page);
  parser.option("--cells", "LIST",
                "which ones, such as threads/queue,async/* (default: all)",
                cells);
  add_job_options(parser, texts);
  add_outputs(parser, outputs);
  if (!parser.parse(arguments)) return status::success;
  check(outputs);

  CompareSettings settings = read_job(texts, CompareSettings().runs);
  with("--cells", cells.value_or("*"),
       [&](std::string_view list) { settings.cells = select_cells(list); });
  const CompareReport report = run_job(settings);
  write_all(outputs, report);
  return status_of(report);
}

}  // namespace interleave
