// Where libFuzzer enters: hands its bytes to the one target this program is.

#include <cstddef>
#include <cstdint>

#include "tests/fuzz/promises.hpp"

/// What is thrown ends the program, and libFuzzer keeps the bytes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  interleave::fuzz::INTERLEAVE_TARGET(
      {reinterpret_cast<const char*>(data), size});
  return 0;
}
