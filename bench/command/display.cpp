#include "bench/command/display.hpp"

#include <fmt/format.h>

#include "bench/text/output.hpp"
#include "bench/text/text.hpp"

namespace interleave::experiments {

std::string activity_text(const Activity& activity) {
  return fmt::format("{} ({} of {})  {}: {} of {} {}", activity.experiment,
                     activity.position, activity.count, activity.what,
                     activity.done, activity.planned, activity.unit);
}

Display::Display(int descriptor)
    : descriptor_(descriptor),
      style_(style_for(descriptor)),
      animate_(may_animate(descriptor)) {}

void Display::show(const Activity& activity) {
  if (animate_) {
    drawn_ = true;
    // The last column stays free: some terminals wrap when it is written.
    write_quietly(descriptor_,
                  fmt::format("\r{}\x1b[K", clip(activity_text(activity),
                                                 style_.columns - 1)));
  } else if (activity.position != last_) {
    last_ = activity.position;
    write_quietly(descriptor_,
                  fmt::format("{} ({} of {})\n", activity.experiment,
                              activity.position, activity.count));
  }
}

void Display::clear() {
  if (drawn_) write_quietly(descriptor_, "\r\x1b[K");
  drawn_ = false;
}

}  // namespace interleave::experiments
