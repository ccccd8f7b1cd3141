// Runs that were recorded for the site, so that its pages can be made again.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bench/compare/compare.hpp"
#include "bench/html/figures.hpp"
#include "bench/measure/context.hpp"
#include "bench/report/experiments.hpp"

namespace interleave::html {

/// What a cell came to in a comparison, and how a run of it looked in another
/// one: where items compute, too, there is more to see.
struct RecordedCell {
  Entry entry;
  Trace trace;  ///< of the other comparison's run in the middle
};

/// One run of one version of an experiment.
struct RecordedVersion {
  std::string experiment;  ///< its id
  std::string heading;     ///< above several versions; may be empty
  std::string name, cell;
  Trace trace;
};

/// Stamps are whole microseconds since the run began, and lanes are numbers:
/// nobody sees more in a picture, and the file stays small.
struct Record {
  std::string job;       ///< that was timed
  std::string pictured;  ///< the job in the timelines
  std::string machine, made, conclusion;
  std::string experiments;  ///< their tables, in Markdown
  std::vector<RecordedCell> cells;
  std::vector<RecordedVersion> versions;
};

/// Why the times of a comparison are not recorded: other programs used the CPU,
/// or items did not complete. Empty where they may be.
std::string refusal(const CompareReport& report);

/// Two comparisons of the same cells, of which the second has traces. Throws
/// InfrastructureError when there is a refusal() of one of them. Traces of more
/// than a thousand items are left out.
Record record_of(const CompareReport& timed, const CompareReport& pictured,
                 const experiments::Report& experiments,
                 const Context& context);

/// The schema `interleave/site/v1`.
std::string json_of(const Record& record);

/// Reads what json_of() wrote. Throws InputError, also when a cell is not in
/// this build.
Record parse_record(std::string_view text);

}  // namespace interleave::html
