#include "bench/experiments/gated.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "bench/experiments/versions.hpp"
#include "bench/grid/expectation.hpp"
#include "bench/origin/content.hpp"
#include "common/digest.hpp"

namespace interleave::experiments {

namespace {

using namespace std::chrono_literals;

/// How long a pattern may take to do what it must, on a machine that is busy.
constexpr std::chrono::milliseconds patience = 20s;
constexpr std::size_t body_bytes = 64;

bool wait_until_ended(const RunControl& control, std::size_t count) {
  const auto deadline = Clock::now() + patience;
  while (control.ended.load() < count) {
    if (control.stop || Clock::now() > deadline) return false;
    usleep(50);
  }
  return true;
}

/// Lets everything through, so that a run ends whatever went wrong in it.
void open_gate(origin::Process& origin, const RunControl& control,
               std::size_t count) {
  while (control.ended.load() < count) {
    for (std::size_t i = 0; i < count; ++i) origin.release(i);
    usleep(1000);
  }
}

void conduct(origin::Process& origin, Expectation expectation,
             const RunControl& control, std::size_t count) {
  for (std::size_t next = 0; next < count; ++next) {
    const std::uint64_t wanted = expectation.in_flight();
    if (!origin.wait_until_held(wanted, patience)) break;
    origin.release(next);
    expectation.finish(next);
    if (!wait_until_ended(control, next + 1)) break;
  }
  open_gate(origin, control, count);
}

std::vector<Item> gated_items(origin::Process& origin, std::size_t count) {
  std::vector<Item> items(count);
  for (std::size_t i = 0; i < count; ++i) {
    items[i].id = i;
    items[i].url = origin.url(origin::gated_path({i, 1, body_bytes, {}}));
    const std::string body = origin::body_of(1, i, body_bytes);
    items[i].expected = Expected{body.size(), digest(body)};
  }
  return items;
}

}  // namespace

Run run_gated(Workbench& bench, const Cell& cell, std::size_t count,
              const Options& options) {
  origin::Process& origin = bench.origin();
  const std::vector<Item> items = gated_items(origin, count);
  Options patient = options;
  patient.timeout = 4 * patience;
  return bench.run(cell, items, patient, [&](RunControl& control) {
    conduct(origin, Expectation(cell, count, options), control, count);
  });
}

void promise_order(Workbench& bench, Outcome& outcome, const Pattern& pattern,
                   std::size_t count, const Options& options,
                   const Names& names, const std::string& expected) {
  std::string others;
  for (const Cell* cell : cells_of(pattern)) {
    const Run run = run_gated(bench, *cell, count, options);
    outcome.orders.push_back({cell->name(), order_of(run.trace, names)});
    const bool complete = count_outcomes(run.trace).completed == count;
    if (!complete || order_of_groups(run.trace, names) != expected)
      add_name(others, cell->name());
  }
  outcome.promise_in_all(
      others, fmt::format("with replies released one by one, the order is {}",
                          expected));
}

}  // namespace interleave::experiments
