// Traces put aside in a file while more runs are measured.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <vector>

#include "common/trace.hpp"

namespace interleave {

/// Every run is forked from a process that must not grow from one run to the
/// next: a trace that is wanted later waits in a file without a name, which
/// takes one descriptor.
class TraceStore {
 public:
  TraceStore();  ///< throws std::system_error when there can be no file

  /// Where a trace was put.
  struct Place {
    long offset = 0;
    std::size_t bytes = 0;
    Clock::time_point began, ended;
    std::size_t items = 0, limits = 0;

    Clock::duration wall() const { return ended - began; }
  };

  /// Throws std::system_error, when the disk is full for instance.
  Place put(const Trace& trace);
  /// The trace as it was. Throws std::system_error.
  Trace get(const Place& place) const;

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  std::unique_ptr<std::FILE, Close> file_;
};

/// The place of the run whose wall time is in the middle; of the two in the
/// middle, the shorter one. `places` must not be empty.
TraceStore::Place middle_of(std::vector<TraceStore::Place> places);

}  // namespace interleave
