// The one digest of the suite: XXH3, 64 bits. It proves that the right bytes
// came; it is no protection against somebody who wants to forge them.
#pragma once

#include <xxhash.h>

#include <cstdint>
#include <string_view>

namespace interleave {

inline std::uint64_t digest(std::string_view bytes, std::uint64_t seed = 0) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

}  // namespace interleave
