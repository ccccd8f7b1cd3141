#include "bench/report/progress.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "bench/text/interrupt.hpp"
#include "bench/text/output.hpp"
#include "bench/text/text.hpp"

namespace interleave {

namespace {

using namespace std::chrono_literals;

constexpr auto between_draws = 100ms;
constexpr auto between_lines = 5s;
constexpr std::size_t bar_columns = 20;

/// By items, so that it moves within a run too.
double share_of(const Progress& progress) {
  if (progress.items_planned == 0) return 0;
  return std::min(1.0, static_cast<double>(progress.items_done) /
                           static_cast<double>(progress.items_planned));
}

/// "pages (2 of 22)".
std::string part_text(const Progress& progress) {
  return fmt::format("{} ({} of {})", progress.part, progress.position,
                     progress.parts);
}

/// Nobody needs the seconds of an hour.
std::string rough(std::chrono::nanoseconds left) {
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(left).count();
  if (seconds < 100) return fmt::format("{} s", seconds);
  return fmt::format("{} min", (seconds + 59) / 60);
}

}  // namespace

std::optional<std::chrono::nanoseconds> Estimate::left(
    const Progress& progress) {
  if (!progress.alike) return std::nullopt;
  if (progress.runs_done != runs_done_) {
    // This is the call that ends the run of that cell.
    took_[progress.what] = progress.elapsed - run_began_;
    run_began_ = progress.elapsed;
    runs_done_ = progress.runs_done;
  }
  if (took_.size() < 2 && runs_done_ < 2) return std::nullopt;
  std::chrono::nanoseconds known{};
  for (const auto& [cell, took] : took_) known += took;
  const auto mean = known / static_cast<std::int64_t>(took_.size());
  const auto runs =
      static_cast<std::int64_t>(progress.runs_planned - runs_done_);
  const auto since = progress.elapsed - run_began_;
  return std::max<std::chrono::nanoseconds>(mean * runs - since, 0ns);
}

ProgressDisplay::ProgressDisplay(int descriptor)
    : descriptor_(descriptor),
      style_(style_for(descriptor)),
      animate_(may_animate(descriptor)),
      next_(animate_ ? 0s : between_lines) {}

void ProgressDisplay::clear() {
  if (!std::exchange(drawn_, false)) return;
  clear_at_the_end(-1);
  write_quietly(descriptor_, "\r\x1b[K");
}

void ProgressDisplay::operator()(const Progress& progress) {
  const auto left = estimate_.left(progress);
  if (!animate_ && progress.position != 0) {
    if (std::exchange(part_, progress.position) != progress.position)
      write_quietly(descriptor_, part_text(progress) + '\n');
    return;
  }
  if (progress.elapsed < next_) return;
  if (animate_) {
    next_ = progress.elapsed + between_draws;
    drawn_ = true;
    clear_at_the_end(descriptor_);
    write_quietly(
        descriptor_,
        fmt::format("\r{}\x1b[K", progress_bar(progress, left, style_)));
  } else {
    next_ = progress.elapsed + between_lines;
    write_quietly(descriptor_, progress_text(progress, left) + '\n');
  }
}

std::string progress_text(const Progress& progress,
                          std::optional<std::chrono::nanoseconds> left) {
  if (progress.position != 0)
    return fmt::format("{}  {}: {} of {} {}", part_text(progress),
                       progress.what, progress.items_done,
                       progress.items_planned, progress.unit);
  const std::size_t run =
      std::min(progress.runs_done + 1, progress.runs_planned);
  std::string text =
      fmt::format("{:3.0f}%  {}, run {} of {}", share_of(progress) * 100,
                  progress.what, run, progress.runs_planned);
  if (left) text += fmt::format(", about {} left", rough(*left));
  return text;
}

std::string progress_bar(const Progress& progress,
                         std::optional<std::chrono::nanoseconds> left,
                         const Style& style) {
  // The last column stays free: some terminals wrap when it is written.
  if (progress.position != 0)
    return clip(progress_text(progress, left), style.columns - 1);
  const auto full = static_cast<std::size_t>(share_of(progress) * bar_columns);
  std::string bar;
  for (std::size_t i = 0; i < bar_columns; ++i) {
    if (i < full)
      bar += style.unicode ? "█" : "#";
    else
      bar += style.unicode ? "░" : "-";
  }
  return clip(bar + ' ' + progress_text(progress, left), style.columns - 1);
}

}  // namespace interleave
