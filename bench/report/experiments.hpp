// What was found, for people and for programs.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "bench/experiments/experiment.hpp"
#include "bench/measure/context.hpp"
#include "bench/text/terminal.hpp"

namespace interleave::experiments {

/// One experiment that was run to its end.
struct Finding {
  const Experiment* experiment = nullptr;
  Outcome outcome;
  std::chrono::nanoseconds took{};
};

struct Report {
  Settings settings;
  std::string date;  ///< UTC, ISO 8601
  std::vector<Finding> findings;
  bool interrupted = false;
  std::string failure;  ///< why no more could be measured; empty if it could

  bool broken() const;  ///< some promise does not hold
};

/// The ids with their sentences.
std::string list_text(const Style& style);
/// The schema `interleave/experiments/v1`.
std::string list_json();

/// One experiment: its sentence, table, orders, promises and verdict. No line
/// is wider than the style allows.
std::string text_of(const Finding& finding, const Settings& settings,
                    const Style& style);

/// What stands below all of them.
std::string closing_of(const Report& report, const Style& style);

/// The schema `interleave/reproduce/v1` (docs/reference.md), indented, with
/// a newline at its end. Times are integers in ns; what is not known is null.
std::string json_of(const Report& report, const Context& context);

/// Context, a table of all versions, orders and verdicts, for the docs.
std::string markdown_of(const Report& report, const Context& context);

}  // namespace interleave::experiments
