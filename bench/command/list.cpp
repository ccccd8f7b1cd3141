#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <vector>

#include "bench/command/outputs.hpp"
#include "bench/command/verbs.hpp"
#include "bench/grid/catalog.hpp"
#include "bench/report/json.hpp"
#include "bench/report/metrics.hpp"
#include "bench/text/output.hpp"
#include "bench/text/units.hpp"
#include "bench/workload/server.hpp"
#include "bench/workload/workload.hpp"

namespace interleave {

namespace {

constexpr HelpPage list_page{
    "list",
    "List the cells, the workloads and the servers, or explain the metrics.",
    "[metrics|servers] [OPTIONS]",
    R"(  interleave list
  interleave list metrics
  interleave list servers
  interleave list --json
)"};

bool has_cell(const Model& model, const Pattern& pattern) {
  return std::ranges::any_of(catalog(), [&](const Cell& cell) {
    return cell.model == &model && cell.pattern == &pattern;
  });
}

/// Patterns down, models across.
std::string grid_text() {
  std::string text = "cells, each named model/pattern:\n\n";
  const auto add = [&](const std::string& line) {
    text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  };
  std::string head(12, ' ');
  for (const Model& model : models()) head += fmt::format("{:<12}", model.name);
  add(head);
  for (const Pattern& pattern : patterns()) {
    std::string line = fmt::format("{:<12}", pattern.name);
    for (const Model& model : models())
      line += fmt::format("{:<12}", has_cell(model, pattern) ? "x" : "");
    add(line);
  }
  return text;
}

std::string defaults_of(const Recipe& recipe) {
  const WorkloadSettings& settings = recipe.defaults;
  std::string text = fmt::format("--items {} --latency {}", settings.items,
                                 origin::to_string(settings.latency));
  if (recipe.needs_origin) text += fmt::format(" --size {}", settings.bytes);
  if (settings.cpu.count() != 0) {
    origin::WaitSpec as_typed;
    as_typed.low = settings.cpu;
    text += fmt::format(" --cpu {}", origin::to_string(as_typed));
  }
  return text;
}

std::string servers_text() {
  std::string text =
      "servers, for --server, and the options that ask for the "
      "same:\n\n";
  for (const ServerProfile& profile : server_profiles())
    text += fmt::format("  {:<12}{}\n  {:<12}{}\n", profile.name,
                        describe_server(profile.capacity), "",
                        server_text(profile.capacity));
  return text;
}

std::string text() {
  std::string text = grid_text();
  text += "\npatterns:\n\n";
  for (const Pattern& pattern : patterns())
    text += fmt::format("  {:<12}{}\n", pattern.name, pattern.promise);
  text += "\nmodels:\n\n";
  for (const Model& model : models())
    text += fmt::format("  {:<12}{}\n", model.name, model.summary);
  text += "\nworkloads, and what they take unless told otherwise:\n\n";
  for (const Recipe& recipe : recipes())
    text += fmt::format("  {:<12}{}\n  {:<12}{}\n", recipe.name, recipe.summary,
                        "", defaults_of(recipe));
  text += '\n' + servers_text();
  text += "\nfaults, for --faults, and what a client has to report:\n\n";
  const std::vector<std::string> usual = usual_fault_kinds();
  for (const origin::Fault& fault : origin::faults()) {
    const bool named_only =
        std::ranges::find(usual, to_string(origin::parse_fault(fault.name))) ==
        usual.end();
    text +=
        fmt::format("  {:<21}{}{}\n", fault.name,
                    fault.error == ErrorKind::none ? "nothing: it is allowed"
                                                   : to_string(fault.error),
                    named_only ? " (only when named)" : "");
  }
  return text + "\nTry: interleave run async/queue --items 8 --events\n";
}

std::string json() {
  Json json = {{"schema", "interleave/list/v1"}};
  for (const Cell& cell : catalog())
    json["cells"].push_back({{"cell", cell.name()},
                             {"model", cell.model->name},
                             {"pattern", cell.pattern->name},
                             {"promise", cell.pattern->promise},
                             {"source", cell.source()}});
  for (const Recipe& recipe : recipes()) {
    const WorkloadSettings& defaults = recipe.defaults;
    json["workloads"].push_back(
        {{"name", recipe.name},
         {"summary", recipe.summary},
         {"needs_origin", recipe.needs_origin},
         {"items", defaults.items},
         {"latency", origin::to_string(defaults.latency)},
         {"bytes", defaults.bytes},
         {"cpu_ns", defaults.cpu.count()},
         {"seed", defaults.seed}});
  }
  for (const ServerProfile& profile : server_profiles())
    json["servers"].push_back({{"server", profile.name},
                               {"options", server_text(profile.capacity)},
                               {"about", describe_server(profile.capacity)}});
  for (const origin::Fault& fault : origin::faults())
    json["faults"].push_back({{"fault", fault.name},
                              {"summary", fault.summary},
                              {"error", to_string(fault.error)},
                              {"quick", fault.quick}});
  return indented(json);
}

}  // namespace

int list_verb(Arguments arguments) {
  std::vector<std::string> words;
  Outputs outputs;
  Parser parser(list_page);
  parser.arguments("metrics|servers",
                   "explain the columns and fields of reports, or the servers",
                   words);
  const auto asked = [&](std::string_view what) {
    return words.size() == 1 && words.front() == what;
  };
  outputs.add(
      parser, "--json", "as JSON, to stdout instead of the text or to FILE",
      [&](const auto&) { return asked("metrics") ? metrics_json() : json(); });
  outputs.add(parser, "--markdown",
              "metrics as Markdown, in the same way; in a FILE with a place "
              "for it, only that is replaced",
              [](const std::string& file) {
                return spliced_into(file, "metrics", reference_markdown());
              });
  if (!parser.parse(arguments)) return status::success;
  if (!words.empty() && !asked("metrics") && !asked("servers"))
    throw std::invalid_argument(
        fmt::format("list: it takes no {}: write `interleave list`, "
                    "`interleave list metrics` or `interleave list servers`",
                    in_quotes(words.back())));
  if (!asked("metrics") && outputs.asked("--markdown"))
    throw std::invalid_argument(
        "--markdown: only metrics are listed as Markdown: write `interleave "
        "list metrics --markdown`");
  outputs.check();
  outputs.write([&] {
    return asked("metrics")   ? reference(style_for(STDOUT_FILENO))
           : asked("servers") ? servers_text()
                              : text();
  });
  return status::success;
}

}  // namespace interleave
