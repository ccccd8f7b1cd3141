#include "bench/workload/workload.hpp"

#include <algorithm>
#include <array>

#include "bench/text/names.hpp"
#include "common/compute.hpp"
#include "common/digest.hpp"

namespace interleave {

namespace {

using namespace std::chrono_literals;
using origin::WaitSpec;

constexpr WaitSpec fixed(std::chrono::nanoseconds wait) {
  return {WaitSpec::Kind::fixed, wait, {}};
}

const std::array all_recipes{
    Recipe{"pages",
           "download pages, count and hash their bytes",
           true,
           {"pages", 24, fixed(20ms), 10'966, 0ns, 1}},
    Recipe{"mixed",
           "download, then compute for a chosen time",
           true,
           {"mixed", 24, fixed(50ms), 10'966, 4ms, 1}},
    Recipe{"sleep",
           "wait, without a network",
           false,
           {"sleep", 24, fixed(20ms), 0, 0ns, 1}},
};

/// Turns the items that are to fail to the faults of the origin.
void spoil(std::span<Item> items, const WorkloadSettings& settings,
           const UrlOf& url) {
  for (FaultyItem& faulty :
       draw_faults(settings.faults, settings.seed, items.size())) {
    // What is shorter cannot be spoilt, and does not verify either.
    const std::size_t bytes =
        std::max(settings.bytes, origin::least_fault_bytes);
    faulty.fault.item = {faulty.id, settings.seed, bytes, settings.latency};
    items[faulty.id].url = url(faulty.id, origin::fault_path(faulty.fault));
  }
}

}  // namespace

std::span<const Recipe> recipes() {
  return all_recipes;
}

const Recipe& recipe(std::string_view name) {
  return find_named("workload", name, all_recipes, &Recipe::name);
}

std::vector<Item> make_items(const WorkloadSettings& settings,
                             const UrlOf& url) {
  const bool from_origin = recipe(settings.name).needs_origin;
  const std::size_t bytes = from_origin ? settings.bytes : 0;
  const std::uint64_t rounds = settings.cpu > std::chrono::nanoseconds::zero()
                                   ? rounds_for(settings.cpu, round_cost(bytes))
                                   : 0;

  std::vector<Item> items(settings.items);
  for (std::size_t i = 0; i < items.size(); ++i) {
    Item& item = items[i];
    item.id = i;
    item.wait = origin::waiting_time(settings.latency, settings.seed, i);
    item.rounds = rounds;
    item.cpu = settings.cpu;
    std::string body;
    if (from_origin) {
      body = origin::body_of(settings.seed, i, bytes);
      item.url = url(
          i, origin::item_path({i, settings.seed, bytes, settings.latency}));
    } else {
      item.url = "sleep:" + to_string(fixed(item.wait));
    }
    item.expected = Expected{body.size(), digest(body)};
  }
  if (from_origin) spoil(items, settings, url);
  return items;
}

}  // namespace interleave
