// How far several comparisons have come that follow one another.
#pragma once

#include <cstddef>

#include "bench/compare/compare.hpp"
#include "common/item.hpp"

namespace interleave {

/// Takes them to be equally many runs each, and makes one progress of theirs.
class Stages {
 public:
  explicit Stages(std::size_t planned) : planned_(planned) {}

  std::size_t done() const { return done_; }
  /// Those that were left out count as done.
  void set_done(std::size_t count) { done_ = count; }

  /// What `stage`, of the one that is measured now, is of all of them. They
  /// differ in what they measure: no time left can be told.
  Progress of_all(Progress stage) const {
    stage.runs_done += done_ * stage.runs_planned;
    stage.items_done += done_ * stage.items_planned;
    stage.runs_planned *= planned_;
    stage.items_planned *= planned_;
    stage.elapsed = Clock::now() - began_;
    stage.alike = false;
    return stage;
  }

 private:
  const std::size_t planned_;
  std::size_t done_ = 0;
  const Clock::time_point began_ = Clock::now();
};

}  // namespace interleave
