// A comparison that was saved as JSON, read again.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace interleave {

struct SavedCell {
  std::string name;              ///< "threads/queue", printable
  bool verified = false;         ///< every item of every run completed
  std::vector<double> walls_ns;  ///< of its runs, as measured; all positive
  /// The sum of the bodies, where the file has it.
  std::optional<double> bytes{};
};

/// A term that a file does not tell, and that must be known: it is like no
/// other, itself included.
inline constexpr std::string_view untold = "unknown";

/// What is needed of it to hold it against another.
struct SavedReport {
  std::string file, date, git_commit;  ///< printable
  /// What two comparisons must have in common for their times to be compared:
  /// machine, kernel, build, libraries, workload and options, as JSON by path
  /// ("options.limit"). Of a list of addresses that is what stands in it, not
  /// its name. What is meant to differ is not in it: the commit, the date, how
  /// many runs there were; nor what decides only about items that failed.
  std::map<std::string, std::string> terms;
  /// What other programs took of all cores meanwhile, where it is known.
  std::optional<double> others;
  std::vector<SavedCell> cells;  ///< in the order of the file
};

/// Reads what `compare --save` or `--json` wrote. Throws InputError: with line
/// and column for what is no JSON, with the path of the value for JSON that is
/// something else.
SavedReport read_saved(const std::string& file);

/// The same from text already read; `name` stands in the errors.
SavedReport parse_saved(std::string_view text, std::string_view name);

}  // namespace interleave
