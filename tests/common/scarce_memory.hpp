// Hardly any memory left, for a child of a test.
#pragma once

#include <sys/resource.h>

#include <cstdlib>
#include <fstream>

namespace interleave {

/// Leaves this process a megabyte, and no piece of half of one.
inline void take_memory() {
  constexpr rlim_t left = 1 << 20;
  std::ifstream pages("/proc/self/statm");
  rlim_t own = 0;
  for (int field = 0; field < 6; ++field) pages >> own;
  const rlimit little{own * 4096 + left, own * 4096 + left};
  setrlimit(RLIMIT_DATA, &little);
  while (void* const taken = std::malloc(left / 2))
    *static_cast<char*>(taken) = 1;
}

}  // namespace interleave
