#include <fmt/format.h>
#include <unistd.h>

#include <charconv>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "bench/command/findings.hpp"
#include "bench/command/job.hpp"
#include "bench/command/outputs.hpp"
#include "bench/command/verbs.hpp"
#include "bench/experiments/experiment.hpp"
#include "bench/html/page.hpp"
#include "bench/report/experiments.hpp"
#include "bench/text/interrupt.hpp"
#include "bench/text/output.hpp"
#include "bench/text/units.hpp"

namespace interleave {

namespace {

using experiments::Experiment;

constexpr HelpPage reproduce_page{
    "reproduce",
    "Run published experiments again: their tables, with published times and "
    "lower bounds beside the times measured here, and their order of events, "
    "checked.",
    "[ID...] [OPTIONS]",
    R"(  interleave reproduce
  interleave reproduce amap count --time-scale 1
  interleave reproduce scans-matrix --files a.nii b.nii.gz
  interleave reproduce --list
)"};

constexpr double least_scale = 0.001, most_scale = 100;

double read_scale(std::string_view text) {
  double scale = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, scale);
  if (error != std::errc() || stopped != end || !(scale >= least_scale) ||
      scale > most_scale)
    throw std::invalid_argument(
        fmt::format("{} is not a number from {:g} to {:g}", in_quotes(text),
                    least_scale, most_scale));
  return scale;
}

/// The options as they were typed.
struct Texts {
  std::vector<std::string> ids;
  Text time_scale, runs, limit, producers, consumers;
  bool until_stopped = false;
  std::vector<std::string> files;
  bool list = false;
  bool timeline = false;
};

void add_options(Parser& parser, Texts& texts) {
  parser.arguments("ID", "experiments to run (default: all)", texts.ids);
  parser.flag("--list", "list the experiments and exit", texts.list);
  parser.option("--time-scale", "X",
                "factor of every wait; 1 is as published (default: 0.1)",
                texts.time_scale);
  parser.option("--runs", "N",
                "measured runs per version (default: as many as fit into a "
                "second, 1 to 3)",
                texts.runs);
  parser.option("--limit", "N",
                "concurrency limit, where an experiment has one", texts.limit);
  parser.option("--producers,-p", "N", "number of producers (default: 5)",
                texts.producers);
  parser.option("--consumers,-c", "N", "number of consumers (default: 10)",
                texts.consumers);
  parser.flag("--until-stopped", "look up books until Ctrl-C",
              texts.until_stopped);
  parser.flag("--timeline",
              "draw when the tasks of each version waited and processed",
              texts.timeline);
  parser.list("--files", "FILE",
              "your own scans (.nii, .nii.gz), instead of generated ones",
              texts.files);
}

std::vector<const Experiment*> chosen(const Texts& texts) {
  std::vector<const Experiment*> chosen;
  for (const std::string& id : texts.ids)
    chosen.push_back(&experiments::experiment(id));
  if (chosen.empty())
    for (const Experiment& each : experiments::experiments())
      chosen.push_back(&each);
  return chosen;
}

/// An option that none of the chosen experiments heeds is a mistake.
void refuse_unheeded(const std::vector<const Experiment*>& chosen,
                     std::string_view option, bool given) {
  if (!given) return;
  for (const Experiment* experiment : chosen)
    if (experiments::takes(*experiment, option)) return;
  std::string who;
  for (const Experiment& each : experiments::experiments())
    if (experiments::takes(each, option))
      who += (who.empty() ? "" : ", ") + std::string(each.id);
  throw std::invalid_argument(fmt::format(
      "{}: none of these experiments takes it, but {}", option, who));
}

experiments::Settings read_settings(
    const Texts& texts, const std::vector<const Experiment*>& chosen) {
  experiments::Settings settings;
  parse_option("--time-scale", texts.time_scale, [&](std::string_view text) {
    settings.time_scale = read_scale(text);
  });
  parse_option("--runs", texts.runs, [&](std::string_view text) {
    settings.runs = static_cast<unsigned>(read_number(text, 1, 1000));
  });
  parse_option("--limit", texts.limit, [&](std::string_view text) {
    settings.limit = static_cast<unsigned>(read_number(text, 1, 1024));
  });
  parse_option("--producers", texts.producers, [&](std::string_view text) {
    settings.producers = static_cast<unsigned>(read_number(text, 1, 256));
  });
  parse_option("--consumers", texts.consumers, [&](std::string_view text) {
    settings.consumers = static_cast<unsigned>(read_number(text, 1, 256));
  });
  settings.until_stopped = texts.until_stopped;
  if (texts.until_stopped && chosen.size() > 1)
    throw std::invalid_argument(
        "--until-stopped: nothing would come after it; write `interleave "
        "reproduce books --until-stopped`");
  settings.files = texts.files;
  refuse_unheeded(chosen, "--producers", texts.producers.has_value());
  refuse_unheeded(chosen, "--consumers", texts.consumers.has_value());
  refuse_unheeded(chosen, "--until-stopped", texts.until_stopped);
  refuse_unheeded(chosen, "--limit", texts.limit.has_value());
  refuse_unheeded(chosen, "--files", !texts.files.empty());
  return settings;
}

void add_outputs(Outputs& outputs, Parser& parser, const Texts& texts,
                 const experiments::Report& report) {
  outputs.add(
      parser, "--json", "as JSON, to stdout instead of the text or to FILE",
      [&](const std::string&) {
        return texts.list ? experiments::list_json()
                          : experiments::json_of(report, read_context());
      });
  outputs.add(parser, "--markdown", "as Markdown, in the same way",
              [&](const std::string&) {
                return experiments::markdown_of(report, read_context());
              });
  outputs.add_file(parser, "--html",
                   "page with pictures and sources, one file for a browser",
                   [&](const Sink& sink) {
                     html::write_page(html::page_of(report, read_context()),
                                      sink);
                   });
}

int status_of(const experiments::Report& report) {
  if (report.interrupted) return status::interrupted + interrupted_by();
  if (!report.failure.empty()) return status::infrastructure;
  return report.broken() ? status::failed_items : status::success;
}

}  // namespace

int reproduce_verb(Arguments arguments) {
  Texts texts;
  experiments::Report report;
  Outputs outputs;
  Parser parser(reproduce_page);
  add_options(parser, texts);
  add_outputs(outputs, parser, texts, report);
  if (!parser.parse(arguments)) return status::success;
  outputs.check(texts.files);
  if (texts.list && outputs.asked("--html"))
    throw std::invalid_argument(
        "--list and --html exclude each other: a list has no pictures");
  if (texts.timeline) outputs.refuse_beside_stdout("--timeline");

  const std::vector<const Experiment*> chosen = interleave::chosen(texts);
  if (texts.list) {
    outputs.write(
        [] { return experiments::list_text(style_for(STDOUT_FILENO)); });
    return status::success;
  }
  report.settings = read_settings(texts, chosen);
  report.settings.draw_timelines = texts.timeline;
  report.settings.keep_traces = texts.timeline || outputs.asked("--html");
  run_experiments(chosen, report, [&](const experiments::Finding& finding) {
    if (!outputs.on_stdout())
      write_stdout(experiments::text_of(finding, report.settings,
                                        style_for(STDOUT_FILENO)));
  });
  outputs.write([&] {
    return experiments::closing_of(report, style_for(STDOUT_FILENO));
  });
  return status_of(report);
}

}  // namespace interleave
