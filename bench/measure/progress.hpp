// How far what is measured has come.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "common/item.hpp"

namespace interleave {

/// What a progress display may want to know, a few times a second.
struct Progress {
  /// Of parts that follow one another and have nothing in common: the name of
  /// this one, and which it is, from 1; else empty.
  std::string_view part{};
  std::size_t position = 0, parts = 0;

  std::string what{};               ///< "threads/queue", or what a bar shows
  std::string_view unit = "items";  ///< that are done
  std::size_t runs_done = 0, runs_planned = 0;  ///< 0 in a part
  std::uint64_t items_done = 0, items_planned = 0;
  std::chrono::nanoseconds elapsed{};
  bool alike = true;  ///< a run of a cell tells how long its others take
};

using ShowProgress = std::function<void(const Progress&)>;

/// How far several comparisons have come that follow one another. Takes them to
/// be equally many runs each, and makes one progress of theirs.
class CombinedProgress {
 public:
  explicit CombinedProgress(std::size_t planned) : planned_(planned) {}

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
