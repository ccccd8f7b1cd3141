// Results as a page: pictures, tables and sources in one file for a browser.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/compare/compare.hpp"
#include "bench/compare/sweep.hpp"
#include "bench/measure/context.hpp"
#include "bench/text/output.hpp"

namespace interleave {

/// What one version of the job came to. Times are in ns.
struct PageEntry {
  std::string name;
  const Cell* cell = nullptr;
  bool verified = false;
  std::string trouble;  ///< what went wrong in words, unless verified
  Summary wall;
  std::size_t runs = 0;
  std::optional<std::chrono::nanoseconds> ideal, published;
  std::string bound;  ///< may be empty
  std::optional<double> speedup, cpu_per_item, memory_bytes;
  std::size_t in_flight = 0;           ///< most at once
  std::optional<std::size_t> allowed;  ///< that many
  std::optional<std::uint64_t> connections;
  const Trace* trace = nullptr;  ///< outlives the writing; may be missing
};

/// Something that was promised, and whether it holds.
struct PageCheck {
  std::string holds;  ///< "yes", "no" or "unknown"
  std::string text, note;
};

/// Entries that are looked at together, as indices.
struct PageGroup {
  std::string name, note;
  std::vector<std::size_t> entries;
  std::vector<PageCheck> checks;
  /// The fastest, where that can be said, and those in a tie with it.
  std::vector<std::size_t> leaders = {};
};

struct Page {
  std::string kicker, headline, lead;  ///< the first lines: who won
  std::string conclusion;              ///< a line for each statement
  std::string job, machine, made;
  std::string group_word;  ///< what a group is: "pattern"
  bool own_axes = false;   ///< whether each group begins with its own axis
  std::size_t first = 0;   ///< the entry that is shown closely at first
  std::vector<PageEntry> entries;
  std::vector<PageGroup> groups;
};

/// One file without a reference to any other. Traces are written one by one.
void write_page(const Page& page, const Sink& sink);

/// The page of a comparison, or of one cell that was run. The report outlives
/// it.
Page page_of(const CompareReport& report, const Context& context);

/// The page of a sweep: a group for each value. The report, which has at least
/// one point, outlives it.
Page page_of(const SweepReport& report, const Context& context);

/// What a cell of a comparison came to.
PageEntry entry_of(const CompareReport& report, const CellReport& cell);

/// Who is ahead in a group of entries, which are cells of one comparison, all
/// of one pattern.
void add_leaders(Page& page, PageGroup& group, const CompareReport& report);

/// When and by what it was measured, and what its timelines show.
std::string made_of(std::string_view date, const Context& context);

}  // namespace interleave
