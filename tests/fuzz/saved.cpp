#include "bench/compare/saved.hpp"

#include <algorithm>

#include "bench/compare/difference.hpp"
#include "bench/text/input.hpp"
#include "tests/fuzz/promises.hpp"

namespace interleave::fuzz {

void saved(std::string_view bytes) {
  SavedReport report;
  try {
    report = parse_saved(bytes, "name");
  } catch (const InputError& error) {
    const std::string_view refusal = error.what();
    require(is_printable(refusal), "a refusal is printable");
    require(refusal.starts_with("name:"), "a refusal names the file");
    return;
  }
  require(is_printable(report.date) && is_printable(report.git_commit),
          "what is shown is printable");
  for (const auto& [term, value] : report.terms)
    require(is_printable(term) && is_printable(value), "terms are printable");
  for (const SavedCell& cell : report.cells) {
    require(is_printable(cell.name), "names are printable");
    require(
        std::ranges::all_of(cell.walls_ns, [](double ns) { return ns > 0; }),
        "times are positive");
  }
  const Difference all = difference_of(report, report, {});
  require(all.count(Verdict::slower) + all.count(Verdict::faster) == 0,
          "nothing differs from itself");
  std::string conclusion = conclude(all);
  std::erase(conclusion, '\n');  // a line for each statement
  require(is_printable(conclusion), "a conclusion is printable");
}

}  // namespace interleave::fuzz
