#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <stdexcept>
#include <system_error>

#include "bench/command/findings.hpp"
#include "bench/command/job.hpp"
#include "bench/command/parser.hpp"
#include "bench/command/verbs.hpp"
#include "bench/html/site.hpp"
#include "bench/measure/context.hpp"
#include "bench/text/input.hpp"
#include "bench/text/interrupt.hpp"
#include "bench/text/output.hpp"
#include "bench/text/text.hpp"

namespace interleave {

namespace {

namespace fs = std::filesystem;
using html::SiteFile;

constexpr HelpPage docs_page{
    "docs",
    "Write the site: a page for each pattern, model and experiment, made from "
    "the sources this program was built from and from recorded runs.",
    "[DIR] [OPTIONS]",
    R"(  interleave docs
  interleave docs /tmp/site
  interleave docs --record
)"};

/// Recorded runs are data under version control, beside the documents.
constexpr const char* record_path = "docs/recorded.json";

/// Checked before minutes are spent on measuring.
void require_checkout() {
  if (!fs::is_regular_file(record_path))
    throw std::invalid_argument(fmt::format(
        "--record: {} is not here: run this in the root of the project",
        record_path));
}

/// Times on a busy machine say as much about its other programs, so they are
/// refused, and measured again twice. What was refused is added to `refused`.
/// Throws InfrastructureError.
CompareReport every_cell_on(std::string_view workload, std::string& refused) {
  JobTexts texts;
  texts["--workload"] = workload;
  CompareSettings settings = read_job(texts, CompareSettings().runs);
  settings.cells = select_cells("*");
  settings.traces = CompareSettings::Traces::middle;
  for (int tries = 3;; --tries) {
    CompareReport report = run_job(settings);
    const std::string why = html::refusal(report);
    if (why.empty() || report.interrupted) return report;
    if (tries == 1 || !report.comparable())
      throw InfrastructureError("nothing is recorded: " + why);
    refused +=
        fmt::format(" Refused, and measured again: {}: {}.", workload, why);
    write_quietly(
        STDERR_FILENO,
        fmt::format("refused: {}: {}; measuring again\n", workload, why));
  }
}

/// Nothing when Ctrl-C cut it short. Throws InfrastructureError.
std::optional<html::Record> recorded_now() {
  std::string refused;
  const CompareReport timed = every_cell_on("pages", refused);
  if (timed.interrupted) return std::nullopt;
  const CompareReport pictured = every_cell_on("mixed", refused);
  if (pictured.interrupted) return std::nullopt;
  experiments::Report experiments;
  experiments.settings.keep_traces = true;
  std::vector<const experiments::Experiment*> all;
  for (const auto& each : experiments::experiments()) all.push_back(&each);
  run_experiments(all, experiments, [](const auto&) {});
  if (experiments.interrupted) return std::nullopt;
  html::Record record =
      html::record_of(timed, pictured, experiments, read_context());
  record.made += refused;
  // As it will be read: the pages are those that the next build makes.
  return html::parse_record(html::json_of(record));
}

/// Whether it was written: a file that is right already is left alone.
bool update(const fs::path& file, const std::string& text) {
  if (fs::is_regular_file(file) && read_input(file.string(), "a page") == text)
    return false;
  std::error_code error;
  fs::create_directories(file.parent_path(), error);
  if (error)
    throw OutputError(fmt::format("could not make the folder {}: {}",
                                  in_quotes(file.parent_path().string()),
                                  error.message()));
  write_file(file, text);
  return true;
}

/// Files that belong to no page any more. They are not ours to remove.
std::vector<std::string> left_over(const fs::path& folder,
                                   const std::vector<SiteFile>& files) {
  std::set<std::string> made;
  for (const SiteFile& file : files) made.insert(file.path);
  std::vector<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    const std::string path =
        entry.path().lexically_relative(folder).generic_string();
    if (!entry.is_directory() && !made.contains(path))
      found.push_back(printable(path));
  }
  std::ranges::sort(found);
  return found;
}

}  // namespace

int docs_verb(Arguments arguments) {
  Text given;
  bool record = false;
  Parser parser(docs_page);
  parser.argument("DIR", "folder of the site (default: build/site)", given);
  parser.flag(
      "--record",
      "measure first: every cell on the workloads pages and mixed, then "
      "every experiment; takes minutes, and replaces docs/recorded.json",
      record);
  if (!parser.parse(arguments)) return status::success;

  const fs::path folder = given.value_or("build/site");
  if (record) require_checkout();
  const std::optional<html::Record> runs =
      record ? recorded_now() : html::carried_record();
  if (!runs) return status::interrupted + interrupted_by();
  if (record) update(record_path, html::json_of(*runs));
  const std::vector<SiteFile> files = html::make_site(*runs);
  const auto written = std::ranges::count_if(files, [&](const auto& file) {
    return update(folder / file.path, file.text);
  });
  write_stdout(fmt::format("{}: {}, {} written\n", printable(folder.string()),
                           count_of(files.size(), "file"), written));
  for (const std::string& path : left_over(folder, files))
    write_quietly(STDERR_FILENO,
                  fmt::format("no page of the site any more: {}\n", path));
  return status::success;
}

}  // namespace interleave
