#include "bench/measure/watchdog.hpp"

#include "bench/measure/measure.hpp"
#include "bench/text/interrupt.hpp"

namespace interleave {

bool Watchdog::may_go_on() {
  const Clock::time_point now = Clock::now();
  if (why_ == CutShort::no) {
    why_ = reason(now);
    if (why_ == CutShort::no) return true;
    told_ = now;
    if (watch_.control) watch_.control->stop = true;
  }
  const auto since = now - told_;
  // What is cancelled takes a moment to return, and is to be there when the
  // grace period ends.
  if (watch_.control &&
      (why_ == CutShort::stall || since > watch_.grace * 3 / 4))
    watch_.control->abort = true;
  return since <= 2 * watch_.grace;
}

CutShort Watchdog::reason(Clock::time_point now) {
  if (interrupted_by() != 0 || watch_.stop.stop_requested())
    return CutShort::interrupt;
  if (warm_ && watch_.deadline && now - began_ > *watch_.deadline)
    return CutShort::deadline;
  const RunControl* control = watch_.control;
  const std::uint64_t progress =
      control ? control->began.load() + control->ended.load() : 0;
  if (progress != progress_) {
    progress_ = progress;
    moved_ = now;
  }
  return now - moved_ > watch_.patience ? CutShort::stall : CutShort::no;
}

std::string_view to_string(CutShort why) {
  switch (why) {
    case CutShort::no:
      return "no";
    case CutShort::interrupt:
      return "interrupt";
    case CutShort::deadline:
      return "deadline";
    case CutShort::stall:
      return "stall";
  }
  return "";
}

}  // namespace interleave
