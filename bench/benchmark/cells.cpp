#include "bench/benchmark/cells.hpp"

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "bench/benchmark/floors.hpp"
#include "bench/benchmark/primitives.hpp"
#include "bench/grid/catalog.hpp"
#include "bench/grid/ideal.hpp"
#include "bench/measure/descriptors.hpp"
#include "bench/measure/runner.hpp"
#include "bench/workload/origin_addresses.hpp"
#include "bench/workload/warm_up.hpp"
#include "bench/workload/workload.hpp"

namespace interleave {

namespace {

using benchmark::State;

/// One for the whole program. Its origin starts when the first url is asked
/// for.
Runner& the_runner() {
  static Runner runner({.addresses = most_addresses});
  return runner;
}

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

/// An exception is an error of this benchmark, not the end of all.
template <class Work>
auto guarded(Work work) {
  return [work = std::move(work)](State& state) {
    try {
      work(state);
    } catch (const std::exception& error) {
      state.SkipWithError(error.what());
    }
  };
}

struct Job {
  const Cell* cell;  // of a floor: the one it is below
  WorkloadSettings workload;
  Options options;
};

/// Many at once ask for several addresses.
std::vector<Item> items_of(const Job& job) {
  const std::array cells{job.cell};
  if (addresses_for(cells, job.workload.items, job.options) > 1)
    return make_items(job.workload, the_runner().urls());
  return make_items(job.workload, [](std::size_t, std::string_view path) {
    return the_runner().origin().url(path);
  });
}

/// Measures in each iteration; what all of them took.
template <class Measure>
Cost repeated(State& state, Measure measure) {
  Cost sum;
  for ([[maybe_unused]] auto iteration : state) {
    const Cost cost = measure();
    state.SetIterationTime(seconds(cost.wall));
    sum.wall += cost.wall;
    sum.cpu.user += cost.cpu.user;
    sum.cpu.system += cost.cpu.system;
    sum.bytes += cost.bytes;
    sum.count += cost.count;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(sum.count));
  return sum;
}

double cpu_ns_each(const Cost& sum) {
  return seconds(sum.cpu.user + sum.cpu.system) * 1e9 /
         static_cast<double>(sum.count);
}

void run_cell(State& state, const Job& job) {
  const std::vector<Item> items = items_of(job);
  Plan plan;
  plan.items = items;
  plan.options = job.options;
  plan.warm_up = job.workload;
  std::uint64_t bytes = 0, connections = 0;
  std::size_t peak = 0;
  const Cost sum = repeated(state, [&] {
    const Run run = the_runner().run(*job.cell, plan);
    if (run.cut_short != CutShort::no)
      throw std::runtime_error("the run was cut short");
    if (count_outcomes(run.trace).completed != items.size())
      throw std::runtime_error("some items failed or did not verify");
    bytes += total_bytes(run.trace);
    connections += run.connections;
    peak = std::max(peak, peak_in_flight(run.trace));
    return Cost{wall(run.trace), run.cpu,
                static_cast<double>(run.peak_rss_bytes), items.size()};
  });
  const auto runs = static_cast<double>(state.iterations());
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  state.counters["cpu_ns_per_item"] = cpu_ns_each(sum);
  state.counters["peak_in_flight"] = static_cast<double>(peak);
  state.counters["connections"] = static_cast<double>(connections) / runs;
  state.counters["peak_rss_bytes"] = sum.bytes / runs;
  const auto bound =
      ideal(*job.cell, Workload(items), job.options, job.options.cores);
  if (bound && bound->time.count() > 0)
    state.counters["of_ideal"] =
        seconds(bound->time) * runs / seconds(sum.wall);
}

Options options_of(unsigned limit) {
  Options options;
  options.limit = limit;
  options.batch_size = options.queue_capacity = limit;
  options.cores = std::max(1u, std::thread::hardware_concurrency());
  return options;
}

WorkloadSettings workload_of(std::string_view name) {
  WorkloadSettings settings = recipe(name).defaults;
  settings.latency.low = std::chrono::milliseconds(5);
  if (settings.cpu.count() > 0) settings.cpu = std::chrono::milliseconds(1);
  return settings;
}

/// Small replies at once: what is left is what it takes to ask for them.
WorkloadSettings requests(std::size_t count) {
  WorkloadSettings settings = recipe("pages").defaults;
  settings.items = count;
  settings.bytes = 100;
  settings.latency = {};
  return settings;
}

template <class Work>
auto* add_benchmark(const std::string& name, Work work) {
  return benchmark::RegisterBenchmark(name.c_str(), guarded(std::move(work)))
      ->UseManualTime()
      ->Unit(benchmark::kMillisecond);
}

auto* add_cell(const std::string& name, const Job& job) {
  return add_benchmark(name, [job](State& state) { run_cell(state, job); });
}

void run_floor(State& state, const Floor& floor, const Job& job) {
  const std::vector<Item> items = items_of(job);
  const std::vector<Item> warm_up =
      warm_up_items(job.workload, *job.cell, job.options, the_runner().urls());
  const auto limit =
      static_cast<unsigned>(job.cell->width(items.size(), job.options));
  const Cost sum = repeated(state, [&] {
    return in_fresh_child(
        [&] { return cost_of(floor, items, warm_up, limit); });
  });
  state.counters["cpu_ns_per_item"] = cpu_ns_each(sum);
  state.counters["peak_rss_bytes"] =
      sum.bytes / static_cast<double>(state.iterations());
}

/// Runs the job, and says what its items take beside what one takes alone.
template <class Run>
void run_weighed(State& state, const Job& job, std::uint64_t alone, Run run) {
  run(state, job);
  const double all = state.counters["peak_rss_bytes"];
  const auto count = static_cast<double>(job.workload.items);
  state.counters["bytes_per_item"] =
      std::max(all - static_cast<double>(alone), 0.0) / count;
}

Job with_one_item(Job job) {
  job.workload.items = 1;
  return job;
}

/// The memory of a cell with one item. It has to be measured before the others
/// are made: a child has what its parent has.
std::uint64_t bytes_alone(const Job& job) {
  const std::vector<Item> items = items_of(job);
  Plan cold;
  cold.items = items;
  cold.options = job.options;
  return the_runner().run(*job.cell, cold).peak_rss_bytes;
}

std::uint64_t bytes_alone(const Floor& floor, const Job& job) {
  const std::vector<Item> items = items_of(job);
  return static_cast<std::uint64_t>(
      in_fresh_child([&] { return cost_of(floor, items, {}, 1); }).bytes);
}

void run_primitive(State& state, const Primitive& primitive) {
  const Cost sum = repeated(state, [&] {
    return in_fresh_child([&] { return primitive.measure(primitive.count); });
  });
  const auto count = static_cast<double>(sum.count);
  if (primitive.name.starts_with("memory/")) {
    // Those that wait are ended uncounted, so their times would be half of it.
    state.counters["bytes_each"] = sum.bytes / count;
    return;
  }
  state.counters["wall_ns_each"] = seconds(sum.wall) * 1e9 / count;
  state.counters["cpu_ns_each"] = cpu_ns_each(sum);
}

}  // namespace

void register_cells() {
  for (const Cell& cell : catalog())
    for (const Recipe& known : recipes()) {
      const std::string name =
          fmt::format("cell/{}/{}", cell.name(), known.name);
      const Job job{&cell, workload_of(known.name), {}};
      for (const unsigned limit : {1u, 4u, 16u}) {
        Job limited = job;
        limited.options = options_of(limit);
        if (cell.pattern->heeds_limit())
          add_cell(fmt::format("{}/limit:{}", name, limit), limited);
        else if (limit == 1)
          add_cell(name, limited);
      }
    }
}

void register_requests() {
  const Job job{select_cells("async/queue").front(), requests(30'000),
                options_of(16)};
  for (const Transport transport : {Transport::curl, Transport::beast})
    for (const Cell* cell : select_cells("*/queue")) {
      Job own = job;
      own.cell = cell;
      own.options.transport = transport;
      add_cell(
          fmt::format("requests/{}/{}", to_string(transport), cell->name()),
          own)
          ->Iterations(1);  // it is as long as many
    }
  for (const Floor& floor : floors())
    add_benchmark(fmt::format("requests/floor/{}", floor.name),
                  [&floor, job](State& state) { run_floor(state, floor, job); })
        ->Iterations(1);
}

void register_in_flight() {
  constexpr std::size_t most = 16'000;
  const std::size_t limit = raise_descriptor_limit();
  const std::size_t allowed = limit - std::min(limit, own_descriptors);
  Job job{select_cells("async/gather").front(),
          requests(std::min(most, allowed)), options_of(1)};
  job.workload.latency.low = std::chrono::seconds(1);
  const std::string label =
      allowed < most ? fmt::format("{}: ulimit -Hn is {}", allowed, limit) : "";
  for (const Transport transport : {Transport::curl, Transport::beast}) {
    Job own = job;
    own.options.transport = transport;
    add_benchmark(
        fmt::format("in_flight/{}/{}", to_string(transport), job.cell->name()),
        [own, label](State& state) {
          run_weighed(state, own, bytes_alone(with_one_item(own)), run_cell);
          state.SetLabel(label);
        })
        ->Iterations(1);
  }
  const Floor& floor = floors().back();
  add_benchmark(
      fmt::format("in_flight/floor/{}", floor.name),
      [&floor, job, label](State& state) {
        run_weighed(
            state, job, bytes_alone(floor, with_one_item(job)),
            [&](State& of, const Job& all) { run_floor(of, floor, all); });
        state.SetLabel(label);
      })
      ->Iterations(1);
}

void register_overheads() {
  for (const Cell& cell : catalog())
    add_cell("overhead/" + cell.name(),
             Job{&cell, requests(500), options_of(8)});
}

void register_primitives() {
  for (const Primitive& primitive : primitives())
    add_benchmark(fmt::format("cost/{}", primitive.name), [&primitive](
                                                              State& state) {
      run_primitive(state, primitive);
    })->Unit(benchmark::kMicrosecond);
}

}  // namespace interleave
