// How far the experiments have come, on stderr.
#pragma once

#include <string>

#include "bench/experiments/workbench.hpp"
#include "bench/text/terminal.hpp"

namespace interleave::experiments {

/// "pages (2 of 22)  threads/queue: 120 of 160 items".
std::string activity_text(const Activity& activity);

/// Draws over itself on a terminal and removes itself in the end; elsewhere
/// writes a plain line when an experiment begins.
class Display {
 public:
  /// `descriptor` is written to.
  explicit Display(int descriptor);
  ~Display() { clear(); }
  Display(const Display&) = delete;
  Display& operator=(const Display&) = delete;

  void show(const Activity& activity);
  /// Removes what is drawn, so that other lines can be written.
  void clear();

 private:
  int descriptor_;
  Style style_;
  bool animate_;
  bool drawn_ = false;
  std::size_t last_ = 0;  // position of the experiment a line was written for
};

}  // namespace interleave::experiments
