#include "bench/measure/learnt.hpp"

#include <algorithm>

namespace interleave {

void Learnt::expect(const Run& run) {
  for (Item& item : items_) {
    const Result& result = run.trace.results[item.id];
    if (result.status != Status::completed) continue;
    item.expected = Expected{result.bytes, result.digest, true};
  }
}

void Learnt::lower(const Run& run) {
  bool complete = true;
  for (Item& item : items_) {
    const Result& result = run.trace.results[item.id];
    complete = complete && result.status == Status::completed;
    if (result.status != Status::completed) continue;
    const Clock::duration took = result.downloaded - result.started;
    const bool known = item.wait > Clock::duration::zero();
    item.wait = known ? std::min(item.wait, took) : took;
  }
  const Clock::duration cpu = run.cpu.user + run.cpu.system;
  if (complete) least_cpu_ = std::min(least_cpu_.value_or(cpu), cpu);
}

Clock::duration Learnt::transfers() const {
  return least_cpu_.value_or(Clock::duration::zero());
}

}  // namespace interleave
