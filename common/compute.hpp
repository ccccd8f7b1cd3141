// Processing that costs a chosen amount of CPU, as real work.
#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

namespace interleave {

/// Hashes `body` over and over, `rounds` times, each round seeded by the one
/// before, so that none can be left out or done at the same time as another.
/// The same body and rounds give the same value on every machine.
std::uint64_t compute(std::string_view body, std::uint64_t rounds);

using Nanoseconds = std::chrono::duration<double, std::nano>;

/// The CPU time one round of compute() takes on a body of `bytes` bytes on
/// this machine, measured now. Takes about 50 ms.
Nanoseconds round_cost(std::size_t bytes);

/// How many rounds take `cpu` where one takes `round`: at least one, or none
/// for no time.
std::uint64_t rounds_for(std::chrono::nanoseconds cpu, Nanoseconds round);

}  // namespace interleave
