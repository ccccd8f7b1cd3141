#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "bench/command/checks.hpp"
#include "bench/command/parser.hpp"
#include "bench/command/verbs.hpp"
#include "bench/report/json.hpp"
#include "bench/text/output.hpp"
#include "bench/text/terminal.hpp"
#include "bench/text/text.hpp"

namespace interleave {

namespace {

constexpr HelpPage doctor_page{
    "doctor", "Look for what could spoil a measurement. Changes nothing.",
    "[OPTIONS]",
    R"(  interleave doctor
  interleave doctor --json
)"};

Mark mark_of(Check::Level level) {
  switch (level) {
    case Check::Level::ok:
      return Mark::good;
    case Check::Level::warn:
      return Mark::heading;
    case Check::Level::fail:
      return Mark::bad;
  }
  return Mark::none;
}

std::string text_of(const std::vector<Check>& checks) {
  const Style style = style_for(STDOUT_FILENO);
  std::string text;
  for (const Check& check : checks) {
    const std::string level = fmt::format("{:<6}", to_string(check.level));
    std::string line = fmt::format("{}{:<13}{}", level, check.name, check.fact);
    if (!check.advice.empty()) line += ": " + check.advice;
    // Marked after it was wrapped: escape codes have no width.
    line = wrap(line, style.columns, 19);
    text +=
        marked(level, mark_of(check.level), style) + line.substr(level.size());
  }
  return text;
}

std::string json_of(const std::vector<Check>& checks) {
  Json json = {{"schema", "interleave/doctor/v1"}};
  for (const Check& check : checks)
    json["checks"].push_back({{"level", to_string(check.level)},
                              {"name", check.name},
                              {"fact", check.fact},
                              {"advice", check.advice}});
  return indented(json);
}

}  // namespace

int doctor_verb(Arguments arguments) {
  bool as_json = false;
  Parser parser(doctor_page);
  parser.flag("--json", "as JSON", as_json);
  if (!parser.parse(arguments)) return status::success;

  const std::vector<Check> checks = check_machine();
  write_stdout(as_json ? json_of(checks) : text_of(checks));
  const bool impossible = std::ranges::find(checks, Check::Level::fail,
                                            &Check::level) != checks.end();
  return impossible ? status::infrastructure : status::success;
}

}  // namespace interleave
