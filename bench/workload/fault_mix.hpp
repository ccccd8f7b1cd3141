// Which items of a workload are made to fail, and how.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/origin/fault.hpp"

namespace interleave {

/// What the command line asks for.
struct FaultMix {
  double share = 0;                ///< of the items, from 0 to 1
  std::vector<std::string> kinds;  ///< as origin::parse_fault() reads them

  bool operator==(const FaultMix&) const = default;
};

/// Reads `5%` or `0.5%`, from 0% to 100%, as a share. Throws
/// std::invalid_argument with what would be right.
double parse_share(std::string_view text);

/// A share as it is typed: `5%`.
std::string share_text(double share);

/// Reads `reset,status/404`. Throws std::invalid_argument that names what is
/// unknown, empty or given twice.
std::vector<std::string> parse_fault_kinds(std::string_view text);

/// The kinds that are used when none is named: those that are over at once and
/// that a client has to report. Stalls cost a whole time limit each, and are
/// drawn only when named.
std::vector<std::string> usual_fault_kinds();

/// How many of `items` items fail: the share, rounded, and at least one unless
/// it is zero.
std::size_t faulty_items(double share, std::size_t items);

/// An item that fails.
struct FaultyItem {
  std::size_t id = 0;
  origin::FaultSpec fault;  ///< its kind; the item in it is not set

  bool operator==(const FaultyItem&) const = default;
};

/// The items that fail, by id. A function of its arguments alone, so that the
/// same items fail in the same way in every model and on every machine. Kinds
/// take turns, so that each occurs as often as the others, or once more.
std::vector<FaultyItem> draw_faults(const FaultMix& mix, std::uint64_t seed,
                                    std::size_t items);

}  // namespace interleave
