// How far what is measured has come, on stderr.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "bench/measure/progress.hpp"
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

/// Draws a line over itself on a terminal and removes it in the end; elsewhere
/// writes a plain one every few seconds, or when a part begins.
class ProgressDisplay {
 public:
  /// `descriptor` is written to.
  explicit ProgressDisplay(int descriptor);
  ~ProgressDisplay() { clear(); }
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  void operator()(const Progress& progress);
  /// Removes what is drawn, so that other lines can be written.
  void clear();

 private:
  int descriptor_;
  Style style_;
  bool animate_;
  Estimate estimate_;
  bool drawn_ = false;
  std::size_t part_ = 0;  // that a plain line was written for
  std::chrono::nanoseconds next_{};
};

/// "38%  threads/queue, run 12 of 96, about 8 s left", or, of a part, "pages (2
/// of 22)  threads/queue: 120 of 160 items".
std::string progress_text(const Progress& progress,
                          std::optional<std::chrono::nanoseconds> left);

/// That text, behind a bar unless it is of a part, in at most `style.columns` -
/// 1 columns.
std::string progress_bar(const Progress& progress,
                         std::optional<std::chrono::nanoseconds> left,
                         const Style& style);

}  // namespace interleave
