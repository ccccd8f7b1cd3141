#include <unistd.h>

#include <stdexcept>
#include <utility>

#include "bench/command/job.hpp"
#include "bench/command/outputs.hpp"
#include "bench/command/verbs.hpp"
#include "bench/compare/difference.hpp"
#include "bench/report/report.hpp"
#include "bench/workload/fault_mix.hpp"

namespace interleave {

namespace {

constexpr HelpPage diff_page{
    "diff",
    "Compare a saved comparison with an earlier one and report what changed. "
    "Exits with status 4 if a cell became slower.",
    "BASE NEW [OPTIONS]",
    R"(  interleave compare --save base.json
  interleave compare --save new.json
  interleave diff base.json new.json
)"};

/// Two file names after the verb, no more and no fewer.
void require_two(const std::vector<std::string>& files) {
  if (files.size() == 2) return;
  throw std::invalid_argument(
      "diff: name two files that `interleave compare --save` wrote, the "
      "earlier one first");
}

int status_of(const Difference& difference) {
  if (!difference.disagreements.empty()) return status::usage;
  if (difference.count(Verdict::slower) > 0) return status::regression;
  return difference.count(Verdict::not_comparable) > 0 ? status::failed_items
                                                       : status::success;
}

}  // namespace

int diff_verb(Arguments arguments) {
  std::vector<std::string> files;
  Text least;
  Difference difference;
  Outputs outputs;
  Parser parser(diff_page);
  parser.arguments("FILE", "BASE and NEW, as `compare --save` wrote them",
                   files);
  parser.option("--least", "P%", "smallest change that counts (default: 5%)",
                least);
  outputs.add(parser, "--json",
              "as JSON, to stdout instead of the table or to FILE",
              [&](const auto&) { return json_of(difference); });
  outputs.add(parser, "--markdown", "as Markdown, in the same way",
              [&](const auto&) { return written(Document(), difference); });
  if (!parser.parse(arguments)) return status::success;
  require_two(files);
  outputs.check(files);

  DiffSettings settings;
  parse_option("--least", least, [&](std::string_view text) {
    settings.least = parse_share(text);
  });
  SavedReport base = read_saved(files[0]);  // in this order: it may be a pipe
  difference = difference_of(std::move(base), read_saved(files[1]), settings);
  outputs.write(
      [&] { return written(Document(style_for(STDOUT_FILENO)), difference); });
  return status_of(difference);
}

}  // namespace interleave
