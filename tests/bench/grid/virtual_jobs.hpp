// Jobs that controllers are held to: named servers, and random ones.
#pragma once

#include <fmt/format.h>

#include "tests/bench/grid/virtual_client.hpp"

namespace interleave::simulation {

enum class Spread { none, even, tail };

/// Times of `count` items around `middle`: all the same, evenly from 1/4 to
/// 7/4 of it, or with the long tail of the origin (`tail:`). With `noise`, each
/// is multiplied by a number whose logarithm has this standard deviation.
inline std::vector<Time> times(std::size_t count, Time middle, Spread spread,
                               double noise, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<> even;
  std::normal_distribution<> normal;
  std::vector<Time> all;
  for (std::size_t i = 0; i < count; ++i) {
    double factor = 1;
    if (spread == Spread::even) factor = 0.25 + 1.5 * even(random);
    if (spread == Spread::tail) factor = 20 / (1 + 38 * even(random));
    if (noise > 0) factor *= std::exp(noise * normal(random));
    all.emplace_back(
        std::llround(static_cast<double>(middle.count()) * factor));
  }
  return all;
}

/// One job for each named server that limits anything, and two more whose times
/// differ. Of 20 ms, as in the tables of docs/limits.md.
inline std::vector<Job> named_jobs(std::size_t count, double noise,
                                   std::uint64_t seed) {
  using namespace std::chrono_literals;
  std::vector<Job> jobs;
  const auto add = [&](std::string name, Capacity capacity, Time middle,
                       Spread spread, std::uint64_t bytes = 0) {
    capacity.seed = seed;
    jobs.push_back({std::move(name), capacity,
                    times(count, middle, spread, noise, seed), bytes, seed});
  };
  for (const ServerProfile& server : server_profiles()) {
    if (!server.capacity.limited()) continue;
    const bool sends = server.capacity.bandwidth > 0;
    add(std::string(server.name), server.capacity, sends ? 10ms : 20ms,
        Spread::none, sends ? 20'972 : 0);
  }
  add("slots-16, 5..35ms", {.slots = 16}, 20ms, Spread::even);
  add("slots-16, tail:10ms", {.slots = 16}, 10ms, Spread::tail);
  add("knee-24, tail:10ms", {.knee = 24}, 10ms, Spread::tail);
  return jobs;
}

/// A server and items as `seed` draws them; the same for the same seed.
inline std::vector<Job> random_jobs(int how_many, std::size_t count,
                                    std::uint64_t seed) {
  std::mt19937_64 random(seed);
  const auto even = [&](double from, double to) {
    return std::uniform_real_distribution(from, to)(random);
  };
  /// Evenly by ratio: as many from 4 to 8 as from 32 to 64.
  const auto scaled = [&](double from, double to) {
    return from * std::pow(to / from, even(0, 1));
  };
  const auto whole = [&](double from, double to) {
    return static_cast<unsigned>(scaled(from, to));
  };
  std::vector<Job> jobs;
  for (int drawn = 0; drawn < how_many; ++drawn) {
    const double middle = scaled(5e6, 100e6);  // ns
    const Time service(std::llround(middle));
    const auto spread = static_cast<Spread>(even(0, 3));
    Capacity server;
    std::uint64_t bytes = 0;
    Capacity::Step step{.after = {.amount = even(0.3, 0.7), .is_share = true}};
    switch (static_cast<int>(even(0, 6))) {
      case 0:
        server.slots = whole(3, 80);
        break;
      case 1:
        server.knee = whole(4, 80);
        server.exponent = even(1.2, 2.5);
        break;
      case 2:
        bytes = 10'000;
        server.connection_bandwidth = 1e13 / middle / even(0.2, 1.2);
        server.bandwidth = server.connection_bandwidth * scaled(3, 40);
        break;
      case 3:
        server.slots = whole(4, 64);
        step.slots = whole(4, 64);
        server.then = step;
        break;
      case 4:
        server.slots = whole(4, 64);
        server.backlog = whole(4, 64);
        server.retry_after = Time(std::llround(middle * even(0.5, 4.5)));
        break;
      default:
        server.rate = scaled(4, 40) * 1e9 / middle;
        server.burst = whole(1, 40);
        server.retry_after = Time(std::llround(middle * even(1, 5)));
    }
    if (even(0, 1) < 0.2)
      server.cold = {{.amount = even(0, 0.1), .is_share = true}, even(1, 4)};
    if (even(0, 1) < 0.15 && !server.then) {
      step.slower = even(1, 2.5);
      server.then = step;
    }
    jobs.push_back(
        {fmt::format("{} of seed {}: slots {}, knee {}, rate {:.0f}, "
                     "{} of {:.0f} ms",
                     drawn, seed, server.slots, server.knee, server.rate,
                     spread == Spread::none   ? "all"
                     : spread == Spread::even ? "evenly"
                                              : "tail",
                     middle / 1e6),
         server, times(count, service, spread, 0.05, seed + drawn), bytes,
         seed + drawn});
  }
  return jobs;
}

}  // namespace interleave::simulation
