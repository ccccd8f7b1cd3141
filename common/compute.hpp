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

/// How many rounds of compute() take `cpu` on an idle core of this machine,
/// measured now on a body of `bytes` bytes; 0 for no time. Takes about 50 ms.
std::uint64_t rounds_for(std::chrono::nanoseconds cpu, std::size_t bytes);

}  // namespace interleave
