#include "common/waiting.hpp"

#include <algorithm>
#include <thread>

namespace interleave {

Error cancelled() {
  return {ErrorKind::cancelled, "cancelled"};
}

Error wait_for(Clock::duration time, const Options& options) {
  const Clock::time_point end = Clock::now() + time;
  for (auto now = Clock::now(); now < end; now = Clock::now()) {
    if (aborted(options)) return cancelled();
    std::this_thread::sleep_until(
        std::min<Clock::time_point>(end, now + abort_latency));
  }
  return {};
}

}  // namespace interleave
