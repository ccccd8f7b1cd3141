// The Google Benchmark binary: every cell, every primitive, every floor.

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/benchmark/cells.hpp"
#include "bench/benchmark/costs.hpp"
#include "bench/measure/context.hpp"
#include "bench/text/exit_status.hpp"
#include "bench/text/output.hpp"
#include "bench/text/units.hpp"

namespace interleave {

namespace {

constexpr std::string_view help =
    "  interleave-bench --costs\n"
    "  interleave-bench --benchmark_filter=^cell/.*/queue/pages/limit:16\n"
    "  interleave-bench --benchmark_filter=^requests/ "
    "--benchmark_repetitions=5\n\n"
    "usage: interleave-bench [--costs] [--benchmark_...]\n\n"
    "  cell/MODEL/PATTERN/WORKLOAD/limit:N  a run of a cell, in a fresh child\n"
    "  requests/...                         30,000 small requests, and what\n"
    "                                       they take without the suite\n"
    "  in_flight/...                        16,000 requests at once, and the\n"
    "                                       same without the suite\n"
    "  overhead/MODEL/PATTERN               500 such requests from each cell\n"
    "  cost/...                             the primitives by themselves\n\n"
    "  --costs  the primitives and their share in the cells, as a table\n\n"
    "All else is Google Benchmark's own:\n\n";

void print_help() {
  write_stdout(help);
  benchmark::PrintDefaultHelp();
}

/// Counts what went wrong: Google Benchmark's own status does not.
class CountingReporter : public benchmark::BenchmarkReporter {
 public:
  explicit CountingReporter(benchmark::BenchmarkReporter& shown)
      : shown_(shown) {}

  bool ReportContext(const Context& context) override {
    return shown_.ReportContext(context);
  }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (!run.error_occurred) continue;
      ++errors_;
      write_quietly(STDERR_FILENO, fmt::format("interleave-bench: {}: {}\n",
                                               run.benchmark_name(),
                                               printable(run.error_message)));
    }
    shown_.ReportRuns(runs);
  }
  void Finalize() override { shown_.Finalize(); }

  std::size_t errors() const { return errors_; }

 private:
  benchmark::BenchmarkReporter& shown_;
  std::size_t errors_ = 0;
};

int fail(int status, std::string_view what) {
  write_quietly(STDERR_FILENO, fmt::format("interleave-bench: {}\n", what));
  return status;
}

/// The file of --benchmark_out, which Google Benchmark does not check.
std::optional<std::string> output_file(const std::vector<std::string>& words) {
  constexpr std::string_view option = "--benchmark_out=";
  for (const std::string& word : words)
    if (word.starts_with(option)) return word.substr(option.size());
  return std::nullopt;
}

bool writable(const std::string& file) {
  return std::ofstream(file, std::ios::app).good();
}

bool holds_something(const std::string& file) {
  std::error_code unknown;
  return !std::filesystem::is_regular_file(file, unknown) ||
         std::filesystem::file_size(file, unknown) > 0;
}

void describe_build() {
  const Context context = read_context();
  benchmark::AddCustomContext("interleave", version_text(context));
  benchmark::AddCustomContext(
      "library_build_type_note",
      "Debian builds libbenchmark with assertions, which it calls debug; they "
      "are outside of what is timed");
}

int run(std::vector<std::string> words) {
  const bool costs = std::erase(words, "--costs") > 0;
  const std::optional<std::string> file = output_file(words);
  if (file && !writable(*file))
    return fail(status::output, "cannot write " + in_quotes(*file));
  if (costs)
    words.insert(words.begin() + 1, "--benchmark_filter=^(cost|overhead)/");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  int count = static_cast<int>(arguments.size());
  benchmark::Initialize(&count, arguments.data(), print_help);
  if (benchmark::ReportUnrecognizedArguments(count, arguments.data()))
    return fail(status::usage, "see interleave-bench --help");

  describe_build();
  register_cells();
  register_requests();
  register_in_flight();
  register_overheads();
  register_primitives();
  CostReporter table;
  const std::unique_ptr<benchmark::BenchmarkReporter> usual(
      benchmark::CreateDefaultDisplayReporter());
  CountingReporter reporter(costs ? table : *usual);
  if (benchmark::RunSpecifiedBenchmarks(&reporter) == 0)
    return fail(status::usage,
                "no benchmark matches the filter: --benchmark_list_tests "
                "lists them");
  if (costs)
    write_stdout(costs_table(table.figures(), style_for(STDOUT_FILENO)));
  if (file && !holds_something(*file))
    return fail(status::output, "could not write " + in_quotes(*file));
  if (reporter.errors() > 0)
    return fail(status::infrastructure,
                fmt::format("{} benchmarks failed", reporter.errors()));
  return status::success;
}

}  // namespace

}  // namespace interleave

int main(int count, char** words) {
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return interleave::run({words, words + count});
  } catch (const interleave::OutputError& error) {
    return interleave::fail(interleave::status::output, error.what());
  } catch (const std::exception& error) {
    return interleave::fail(interleave::status::infrastructure, error.what());
  }
}
