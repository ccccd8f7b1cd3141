// In which order each round of a comparison runs its cells.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace interleave {

/// Orders of `cells` cells, numbered from 0: one for each of `rounds` rounds,
/// the same for the same seed. What a run leaves behind (a warm cache, a port
/// that is not free yet) meets the run after it, so who follows whom is
/// balanced:
///
/// - Each round has every cell once.
/// - Over all rounds, from one to the next as well, no pair of neighbours
///   occurs twice while the rounds are few (at most half as many as cells).
///   With more, none occurs more often than the most frequent one must, or only
///   once more; beyond twice as many rounds as cells, a few times more.
/// - No cell follows itself, but of two cells, whose order turns round.
/// - The places of a cell within the rounds differ, as far as that allows.
std::vector<std::vector<std::size_t>> balanced_rounds(std::size_t cells,
                                                      std::size_t rounds,
                                                      std::uint64_t seed);

}  // namespace interleave
