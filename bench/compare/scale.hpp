// The scale ladder: ever more items that wait at once, until something refuses.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/compare/compare.hpp"
#include "bench/measure/resources.hpp"

namespace interleave {

struct ScaleSettings {
  std::vector<const Cell*> cells;
  std::size_t most_sleeping = 1'000'000;  ///< items that only sleep; 0: none
  std::size_t most_requests = 16'000;     ///< over HTTP; 0: none
};

/// One run of so many items, all of which may wait at once.
struct ScaleStep {
  std::size_t items = 0;
  Clock::duration wait{};     ///< of each item
  Clock::duration wall{};     ///< of the run
  std::size_t in_flight = 0;  ///< the most at once, as the trace says
  double cpu_per_item = 0;    ///< ns
  std::uint64_t peak_rss_bytes = 0;
  std::uint64_t own_rss_bytes = 0;  ///< of it; the items were there before
  /// The latter beyond that of the rung with one item, per item, in bytes;
  /// nothing below a hundred items.
  std::optional<double> resident;
  /// What the machine had less available, per item, in bytes: kernel memory is
  /// in it, and pages that processes share are in it once. Others' memory is,
  /// too, so nothing below a hundred items.
  std::optional<double> taken;
};

/// A cell with ever more items.
struct ScaleSeries {
  const Cell* cell = nullptr;
  bool requests = false;  ///< over HTTP; else they sleep
  std::vector<ScaleStep> rungs;
  std::size_t ended_at = 0;  ///< items; 0: it came to its top
  std::string wall;          ///< what was in the way there

  std::size_t most_in_flight() const;
};

struct ScaleReport {
  ScaleSettings settings;
  unsigned cores = 1;
  std::string date;  ///< UTC, ISO 8601
  std::vector<ScaleSeries> ladders;
  bool interrupted = false;
};

/// 1, 10, 100, 1000, then in steps of ten (sleeping) or four (requests), and
/// `most` itself.
std::vector<std::size_t> rungs_to(std::size_t most, bool requests);

/// Why `items` would be too many for a cell after what its ladder has shown,
/// or nothing: descriptors, tasks, maps, ports, half of the memory, or half a
/// minute to start them all. So that nothing is tried that would take the
/// machine down.
std::string objection(const ScaleSeries& ladder, std::size_t items,
                      const Resources& resources);

/// Climbs every ladder, a run a rung. The caller must have one thread.
ScaleReport scale(const ScaleSettings& settings, const ShowProgress& progress);

/// How far each came, a line for each statement.
std::string conclude(const ScaleReport& report);

}  // namespace interleave
