#include <unistd.h>

#include <stdexcept>

#include "bench/command/job.hpp"
#include "bench/command/outputs.hpp"
#include "bench/command/verbs.hpp"
#include "bench/compare/scale.hpp"
#include "bench/report/report.hpp"
#include "bench/text/interrupt.hpp"

namespace interleave {

namespace {

constexpr HelpPage scale_page{
    "scale",
    "Let more and more items wait at once until a resource is refused; report "
    "which one, at what number, and the cost of an item on the way. No step is "
    "tried that would take half of the memory or more than 30 s.",
    "[OPTIONS]",
    R"(  interleave scale
  interleave scale --cells async/gather --requests 0
  interleave scale --sleeping 10000 --requests 4000 --json=scale.json
)"};

constexpr std::uint64_t most = 10'000'000;

ScaleSettings read_settings(const Text& cells, const Text& sleeping,
                            const Text& requests) {
  ScaleSettings settings;
  parse_option(
      "--cells", cells.value_or("*/gather"),
      [&](std::string_view list) { settings.cells = select_cells(list); });
  parse_option("--sleeping", sleeping, [&](std::string_view text) {
    settings.most_sleeping = read_number(text, 0, most);
  });
  parse_option("--requests", requests, [&](std::string_view text) {
    settings.most_requests = read_number(text, 0, most);
  });
  if (settings.most_sleeping == 0 && settings.most_requests == 0)
    throw std::invalid_argument(
        "--sleeping and --requests are both 0: nothing would be measured");
  return settings;
}

}  // namespace

int scale_verb(Arguments arguments) {
  Text cells, sleeping, requests;
  ScaleReport report;
  Context context;
  Outputs outputs;
  Parser parser(scale_page);
  parser.option("--cells", "LIST", "cells to run (default: */gather)", cells);
  parser.option(
      "--sleeping", "N",
      "largest number of sleeping items, 0 for none (default: 1000000)",
      sleeping);
  parser.option(
      "--requests", "N",
      "largest number of items over HTTP, 0 for none (default: 16000)",
      requests);
  outputs.add(parser, "--json",
              "as JSON, to stdout instead of the table or to FILE",
              [&](const auto&) { return json_of(report, context); });
  outputs.add(
      parser, "--markdown", "as Markdown, in the same way",
      [&](const auto&) { return written(Document(), report, context); });
  if (!parser.parse(arguments)) return status::success;
  outputs.check();

  const ScaleSettings settings = read_settings(cells, sleeping, requests);
  report = watched([&](ProgressDisplay& display) {
    return scale(settings, std::ref(display));
  });
  context = read_context();
  outputs.write([&] {
    return written(Document(style_for(STDOUT_FILENO)), report, context);
  });
  return report.interrupted ? status::interrupted + interrupted_by()
                            : status::success;
}

}  // namespace interleave
