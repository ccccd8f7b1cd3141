// Python's random numbers: the published inputs, to the last digit.
#pragma once

#include <cstdint>
#include <random>

namespace interleave {

/// What `random.seed(seed)` of Python 3 starts: a Mersenne Twister (MT19937),
/// so that an experiment published in Python is repeated with its own inputs.
/// Seeds are whole numbers from 0 to 2^64 - 1.
///
/// Thread safety: none; each thread takes a generator of its own.
class PythonRandom {
 public:
  explicit PythonRandom(std::uint64_t seed);

  /// `random()`: evenly in [0, 1), in steps of 2^-53.
  double random();

  /// `uniform(a, b)`: between `a` and `b`, which may be the larger one.
  double uniform(double a, double b);

  /// `randint(a, b)`: a whole number from `a` to `b`, both included. Throws
  /// std::invalid_argument when `b` is less than `a`, or when the range is all
  /// of the 2^64 numbers there are.
  std::int64_t randint(std::int64_t a, std::int64_t b);

  /// `getrandbits(count)`: `count` random bits, from 1 to 64 of them.
  std::uint64_t getrandbits(int count);

 private:
  std::mt19937 words_;  // 32 bits each
};

}  // namespace interleave
