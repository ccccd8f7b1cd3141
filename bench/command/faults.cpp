#include <fmt/format.h>
#include <unistd.h>

#include <string>
#include <utility>
#include <vector>

#include "bench/command/job.hpp"
#include "bench/command/outputs.hpp"
#include "bench/command/verbs.hpp"
#include "bench/faults/fault_injector.hpp"
#include "bench/measure/context.hpp"
#include "bench/report/faults.hpp"
#include "bench/text/interrupt.hpp"
#include "bench/text/output.hpp"

namespace interleave {

namespace {

using faults::Fault;
using faults::Finding;

constexpr HelpPage faults_page{
    "faults", "Inject one fault into each cell and report its effect.",
    "[OPTIONS]",
    R"(  interleave faults
  interleave faults --cells '*/queue' --faults killed,stall
  interleave faults --faults all --json=faults.json
)"};

constexpr std::string_view usual = "throws,killed,stall";

std::vector<const Fault*> read_faults(std::string_view list) {
  std::vector<const Fault*> chosen;
  if (list == "all") {
    for (const Fault& fault : faults::all_faults()) chosen.push_back(&fault);
    return chosen;
  }
  while (true) {
    const std::size_t comma = list.find(',');
    chosen.push_back(&faults::fault(list.substr(0, comma)));
    if (comma == std::string_view::npos) return chosen;
    list.remove_prefix(comma + 1);
  }
}

struct Examined {
  std::vector<Finding> findings;
  std::size_t planned = 0;
  bool interrupted = false;
};

/// Every cell under every fault, both policies, until the user has enough.
Examined examine(const std::vector<const Cell*>& cells,
                 const std::vector<const Fault*>& chosen,
                 const ShowProgress& show) {
  faults::FaultInjector laboratory;
  Examined all;
  all.planned = 2 * cells.size() * chosen.size();
  Progress progress;
  progress.parts = chosen.size();
  progress.items_planned = faults::FaultInjector::items;
  progress.alike = false;
  const Clock::time_point began = Clock::now();
  laboratory.runner().show = [&](const Cell& cell, std::uint64_t ended) {
    progress.what = cell.name();
    progress.items_done = ended;
    progress.elapsed = Clock::now() - began;
    show(progress);
  };
  for (const Fault* fault : chosen) {
    progress.part = fault->name;
    ++progress.position;
    for (const OnError on_error : {OnError::collect, OnError::stop})
      for (const Cell* cell : cells) {
        if (all.interrupted) return all;
        Finding finding = laboratory.examine(*cell, *fault, on_error);
        // A run that the user cut short says nothing about the fault.
        all.interrupted = laboratory.runner().interrupted();
        if (!all.interrupted) all.findings.push_back(std::move(finding));
      }
  }
  return all;
}

std::string text_of(const Examined& all) {
  std::string table = faults::table_of(all.findings, style_for(STDOUT_FILENO));
  if (!all.interrupted) return table;
  return table + fmt::format("interrupted: after {} of {} runs\n",
                             all.findings.size(), all.planned);
}

std::string list_of_faults() {
  std::string text = "faults, separated by commas, or all (default: ";
  text += fmt::format("{}): ", usual);
  for (const Fault& fault : faults::all_faults())
    text += (&fault == &faults::all_faults().front() ? "" : ", ") + fault.name;
  return text;
}

}  // namespace

int faults_verb(Arguments arguments) {
  Text cell_list, fault_list;
  Examined all;
  Outputs outputs;
  Parser parser(faults_page);
  parser.option("--cells", "LIST",
                "cells to test, such as 'threads/*,async/queue' (default: all)",
                cell_list);
  parser.option("--faults", "LIST", list_of_faults(), fault_list);
  outputs.add(parser, "--json", "as JSON, to stdout or to FILE",
              [&](const auto&) {
                return faults::json_of(all.findings, read_context());
              });
  outputs.add(parser, "--markdown",
              "results that are the same in every run, as Markdown",
              [&](const auto&) { return faults::markdown_of(all.findings); });
  if (!parser.parse(arguments)) return status::success;
  outputs.check();

  std::vector<const Cell*> cells = select_cells("*");
  parse_option("--cells", cell_list,
               [&](std::string_view text) { cells = select_cells(text); });
  std::vector<const Fault*> chosen = read_faults(usual);
  parse_option("--faults", fault_list,
               [&](std::string_view text) { chosen = read_faults(text); });

  all = watched([&](ProgressDisplay& display) {
    return examine(cells, chosen, std::ref(display));
  });
  outputs.write([&] { return text_of(all); });
  if (all.interrupted) return status::interrupted + interrupted_by();
  if (faults::count_broken(all.findings) == 0) return status::success;
  if (outputs.on_stdout())
    write_quietly(STDERR_FILENO, faults::verdict_of(all.findings, Style{}));
  return status::failed_items;
}

}  // namespace interleave
