// images: fetch, shrink, upload; the server looks at what it gets.

#include <fmt/format.h>

#include "bench/experiments/experiment.hpp"
#include "bench/experiments/versions.hpp"
#include "bench/origin/image.hpp"
#include "bench/origin/media.hpp"
#include "common/digest.hpp"

namespace interleave::experiments {

namespace {

constexpr std::size_t pictures = 24;
constexpr std::uint32_t edge = 96, small_edge = 48;
constexpr double transfer = 0.25;  // s, each of two
constexpr unsigned at_once = 8;

std::vector<Item> image_items(Workbench& bench) {
  const std::chrono::nanoseconds wait = bench.scaled(transfer);
  const origin::WaitSpec waits{origin::WaitSpec::Kind::fixed, wait, {}};
  std::vector<Item> items(pictures);
  for (std::size_t i = 0; i < items.size(); ++i) {
    const origin::ImageSpec image{i, 1, edge, edge, waits};
    const std::string png = make_image(image.seed, i, edge, edge);
    items[i].id = i;
    items[i].url = bench.origin().url(origin::image_path(image));
    items[i].wait = wait;
    items[i].expected = Expected{png.size(), digest(png)};
    items[i].process_fn = shrink_image;
    items[i].argument = fmt::format("{}", small_edge);
    items[i].follow_up =
        bench.origin().url(origin::upload_path({image, small_edge}));
    items[i].follow_up_wait = wait;
  }
  return items;
}

}  // namespace

Outcome images(Workbench& bench) {
  Outcome outcome;
  const std::vector<Item> items = image_items(bench);
  Options options;
  options.limit = bench.settings().limit.value_or(at_once);
  options.queue_capacity = options.limit;
  options.cores = bench.cores();
  std::vector<Measured> measured;
  std::string refused;
  for (const Cell* cell : cells_of(grid::one_by_one, grid::semaphore,
                                   grid::queue, grid::pipeline)) {
    const bool alone = cell->pattern == &grid::one_by_one;
    const std::string name =
        alone ? "in turn"
              : fmt::format("{}, {}", cell->pattern->name, options.limit);
    measured.push_back(measure_version(
        bench, outcome, {"", name, cell, options, {}, {}}, items));
    const auto verified = bench.origin().counters().uploads_verified.load();
    if (verified != items.size())
      add_name(refused, fmt::format("{}: {} of {}", cell->name(), verified,
                                    items.size()));
  }
  promise_equal(outcome, measured);
  promise_no_shortcuts(outcome);
  outcome.expect(refused.empty(),
                 "the server finds every uploaded image to be the one it "
                 "sent, shrunk, pixel by pixel",
                 refused);
  outcome.remarks = {
      "Both transfers wait for 0.25 s on the published scale; decoding, "
      "shrinking and encoding are real. The transfers take the time, so a "
      "limit above the number of cores pays."};
  return outcome;
}

}  // namespace interleave::experiments
