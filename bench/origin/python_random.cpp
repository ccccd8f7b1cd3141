#include "bench/origin/python_random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <stdexcept>
#include <vector>

namespace interleave {

namespace {

/// init_by_array() of Matsumoto and Nishimura (2002), in the shape the
/// standard engine takes its first state from. std::seed_seq mixes otherwise.
class InitByArray {
 public:
  using result_type = std::uint32_t;

  explicit InitByArray(std::uint64_t seed) {
    key_.push_back(static_cast<std::uint32_t>(seed));
    if (seed >> 32 != 0) key_.push_back(static_cast<std::uint32_t>(seed >> 32));
  }

  template <class Iterator>
  void generate(Iterator first, Iterator last) const {
    const auto words = first_state();
    std::copy_n(words.begin(), last - first, first);
  }

 private:
  static constexpr std::size_t size = std::mt19937::state_size;
  using Words = std::array<std::uint32_t, size>;

  /// How far the word before `i` is stirred into it.
  static std::uint32_t stirred(const Words& words, std::size_t i,
                               std::uint32_t factor) {
    const std::uint32_t before = words[i - 1];
    return words[i] ^ ((before ^ (before >> 30)) * factor);
  }

  Words first_state() const {
    Words words;
    words[0] = 19'650'218;
    for (std::uint32_t i = 1; i < size; ++i)
      words[i] = 1'812'433'253 * (words[i - 1] ^ (words[i - 1] >> 30)) + i;

    std::size_t i = 1;
    const auto next = [&] {
      if (++i < size) return;
      words[0] = words[size - 1];
      i = 1;
    };
    for (std::size_t k = 0; k < size; ++k, next()) {
      const std::size_t j = k % key_.size();
      words[i] = stirred(words, i, 1'664'525) + key_[j] +
                 static_cast<std::uint32_t>(j);
    }
    for (std::size_t k = 1; k < size; ++k, next())
      words[i] =
          stirred(words, i, 1'566'083'941) - static_cast<std::uint32_t>(i);
    words[0] = std::uint32_t{1} << 31;  // so that not all of them are zero
    return words;
  }

  std::vector<std::uint32_t> key_;  // the seed, its low word first
};

std::mt19937 seeded(std::uint64_t seed) {
  InitByArray state(seed);
  return std::mt19937(state);
}

}  // namespace

PythonRandom::PythonRandom(std::uint64_t seed) : words_(seeded(seed)) {}

double PythonRandom::random() {
  const auto high = static_cast<double>(words_() >> 5);
  const auto low = static_cast<double>(words_() >> 6);
  return (high * 0x1p26 + low) / 0x1p53;
}

double PythonRandom::uniform(double a, double b) {
  return a + (b - a) * random();
}

std::int64_t PythonRandom::randint(std::int64_t a, std::int64_t b) {
  const std::uint64_t count =
      static_cast<std::uint64_t>(b) - static_cast<std::uint64_t>(a) + 1;
  if (b < a || count == 0)
    throw std::invalid_argument(
        fmt::format("randint({}, {}): no such range of numbers", a, b));
  // As many bits as `count` itself has: for a power of two that is one more
  // than needed, and Python draws it too.
  const int bits = static_cast<int>(std::bit_width(count));
  std::uint64_t drawn = getrandbits(bits);
  while (drawn >= count) drawn = getrandbits(bits);
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + drawn);
}

std::uint64_t PythonRandom::getrandbits(int count) {
  if (count < 1 || count > 64)
    throw std::invalid_argument(
        fmt::format("getrandbits({}): from 1 to 64", count));
  if (count <= 32) return words_() >> (32 - count);
  const std::uint64_t low = words_();
  return low | (std::uint64_t{words_()} >> (64 - count) << 32);
}

}  // namespace interleave
