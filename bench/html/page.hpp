// Results as a page: pictures, tables and sources in one file for a browser.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "bench/compare/compare.hpp"
#include "bench/compare/sweep.hpp"
#include "bench/html/figures.hpp"
#include "bench/measure/context.hpp"
#include "bench/report/experiments.hpp"
#include "bench/text/output.hpp"

namespace interleave::html {

/// Entries that are looked at together, as indices.
struct PageGroup {
  std::string name, note;
  std::vector<std::size_t> entries;
  std::vector<experiments::Promise> promises = {};  ///< published claims
  /// The fastest, where that can be said, and those in a tie with it.
  std::vector<std::size_t> leaders = {};
};

struct Page {
  std::string kicker, headline, lead;  ///< the first lines
  std::string conclusion;              ///< one statement per line
  std::string job, machine, made;
  std::string group_word;  ///< what a group is: "pattern"
  bool own_axes = false;   ///< whether each group begins with its own axis
  std::size_t first = 0;   ///< the entry that is shown closely at first
  std::vector<Entry> entries;
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

/// The page of experiments: a group for each, or for each heading in one. The
/// report outlives it.
Page page_of(const experiments::Report& report, const Context& context);

/// When and by what it was measured, and what its timelines show.
std::string made_of(std::string_view date, const Context& context);

}  // namespace interleave::html
