// Workloads: named recipes that make the items of a run.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bench/origin/content.hpp"
#include "bench/workload/fault_mix.hpp"
#include "common/item.hpp"

namespace interleave {

/// What a recipe is made with. A recipe brings its own defaults; the command
/// line replaces them one by one.
struct WorkloadSettings {
  std::string name = "pages";
  std::size_t items = 24;
  origin::WaitSpec latency;        ///< waiting time per item
  std::size_t bytes = 0;           ///< length of a body
  std::chrono::nanoseconds cpu{};  ///< of processing per item
  std::uint64_t seed = 1;
  FaultMix faults{};
};

struct Recipe {
  std::string_view name;
  std::string_view summary;
  bool needs_origin;
  WorkloadSettings defaults;
};

std::span<const Recipe> recipes();

/// Throws std::invalid_argument for an unknown name, with the nearest one.
const Recipe& recipe(std::string_view name);

/// Turns a path of the origin into the url that item `id` asks for.
using UrlOf = std::function<std::string(std::size_t id, std::string_view path)>;

/// The items of a recipe, with everything known beforehand: their waits, the
/// rounds of compute() that cost the asked CPU time on this machine (measured
/// here, which takes about 50 ms), the length and digest of every body.
/// Items that are to fail are asked for under `/fault/`, and still expect what
/// the others do. A recipe that needs no origin does not call `url`.
std::vector<Item> make_items(const WorkloadSettings& settings,
                             const UrlOf& url);

}  // namespace interleave
