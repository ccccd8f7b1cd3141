// What `compare` and `run` have in common: the job, its options, its end.
#pragma once

#include <unistd.h>

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "bench/command/parser.hpp"
#include "bench/compare/compare.hpp"
#include "bench/report/progress.hpp"
#include "bench/text/interrupt.hpp"
#include "bench/workload/server.hpp"

namespace interleave {

/// Does `read` with the text of an option, if it was given; what is wrong with
/// the text is told with the option's name.
template <class Read>
void parse_option(std::string_view name, const Text& text, Read read) {
  if (!text) return;
  try {
    read(*text);
  } catch (const std::invalid_argument& error) {
    throw std::invalid_argument(std::string(name) + ": " + error.what());
  }
}

/// A whole number as it was typed. Throws std::invalid_argument unless it is
/// one from `low` to `high`.
std::uint64_t read_number(std::string_view text, std::uint64_t low,
                          std::uint64_t high);

/// The options as they were typed, by their names.
struct JobTexts {
  std::map<std::string_view, Text> options;
  bool insecure = false;

  Text& operator[](std::string_view name) { return options[name]; }
  /// What was given, or nothing.
  const Text& operator[](std::string_view name) const;
};

void add_job_options(Parser& parser, JobTexts& texts);

/// Those of bench/workload/server.hpp alone, and what they ask for.
void add_server_options(Parser& parser, JobTexts& texts);
Capacity read_server(const JobTexts& texts);

/// The files that the options name, to be read.
std::vector<std::string> inputs_of(const JobTexts& texts);

/// What the texts ask for: a recipe's defaults, replaced one by one. A list of
/// addresses is read here, and nowhere else, once nothing is wrong with the
/// rest. Leaves `cells` empty. Throws std::invalid_argument that names the
/// option, and InputError.
CompareSettings read_job(const JobTexts& texts, unsigned runs);

/// What `measure` returns, with progress on stderr and an orderly end on
/// Ctrl-C.
template <class Measure>
auto watched(Measure measure) {
  catch_interrupts();
  ProgressDisplay display(STDERR_FILENO);
  return measure(display);
}

/// compare(), watched.
CompareReport run_job(const CompareSettings& settings);

/// The exit status of a finished one. Throws InfrastructureError with the
/// report's failure: to be asked once the report is out.
int status_of(const CompareReport& report);

}  // namespace interleave
