// Scans on disk: ours for the time of an experiment, or the user's own.
#pragma once

#include <cstddef>
#include <deque>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "bench/text/interrupt.hpp"
#include "common/item.hpp"
#include "common/options.hpp"

namespace interleave::experiments {

/// A directory that goes with this object, and with it what lies in it; also
/// when a signal ends the program at once.
class TemporaryFolder {
 public:
  /// Throws std::system_error when none can be made.
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  /// Writes a file and returns its path. Throws std::runtime_error.
  std::filesystem::path write(std::string_view name, std::string_view bytes);

 private:
  std::filesystem::path path_;
  std::deque<Leftover> left_;  // itself, and its files
};

/// An item for each scan: read whole, parsed, made a matrix.
std::vector<Item> scan_items(TemporaryFolder& folder, std::size_t count);

/// The same for files of the user's. Throws InputError for one that is not
/// there, and raises `options.max_body` to what they need.
std::vector<Item> scan_items(const std::vector<std::string>& files,
                             Options& options);

}  // namespace interleave::experiments
