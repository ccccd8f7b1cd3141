// How far a comparison has come, on stderr.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "bench/compare/compare.hpp"
#include "bench/text/terminal.hpp"

namespace interleave {

/// Guesses the time left. The first round tells how long each cell takes; all
/// others repeat it.
class Estimate {
 public:
  /// To be called with every progress, in order. nullopt while there is not
  /// enough to go by.
  std::optional<std::chrono::nanoseconds> left(const Progress& progress);

 private:
  std::map<std::string, std::chrono::nanoseconds, std::less<>> took_;
  std::chrono::nanoseconds run_began_{};
  std::size_t runs_done_ = 0;
};

/// Draws a bar over itself on a terminal and removes it in the end; elsewhere
/// writes a plain line every few seconds.
class ProgressDisplay {
 public:
  /// `descriptor` is written to.
  explicit ProgressDisplay(int descriptor);
  ~ProgressDisplay();
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  void show(const Progress& progress);

 private:
  int descriptor_;
  Style style_;
  bool animate_;
  Estimate estimate_;
  bool drawn_ = false;
  std::chrono::nanoseconds next_{};
};

/// "38%  threads/queue, run 12 of 96, about 8 s left".
std::string progress_text(const Progress& progress,
                          std::optional<std::chrono::nanoseconds> left);

/// That text behind a bar, in at most `style.columns` - 1 columns.
std::string progress_bar(const Progress& progress,
                         std::optional<std::chrono::nanoseconds> left,
                         const Style& style);

}  // namespace interleave
