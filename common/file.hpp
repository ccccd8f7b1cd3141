// A file as the body of an item: opened here, read by whoever may, then taken.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "common/item.hpp"
#include "common/options.hpp"
#include "common/result.hpp"

namespace interleave {

/// One file on its way into memory. As a Transfer does for a url, it holds
/// what every way of reading shares: what may be read, how much, which error.
///
/// Thread safety: one thread at a time.
class File {
 public:
  /// Opens what the item's url names, unless that is denied or no regular
  /// file; never blocks on a FIFO. A failure is data: see take(). `options`
  /// must outlive the file.
  File(const Item& item, const Options& options);
  ~File();
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  /// While there is more to read: read `descriptor()` at `offset()` into
  /// `room()`, then say what came.
  bool open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }
  std::uint64_t offset() const { return bytes_; }
  std::span<char> room();
  void got(std::size_t bytes);  ///< 0 at the end of the file
  void failed(int error);       ///< an errno

  /// Status completed with the body, or failed with the error.
  Download take();

 private:
  void open_path_of(const Item& item);
  void refuse(ErrorKind kind, std::string text);
  void close();

  const Options& options_;
  int descriptor_ = -1;
  std::size_t bytes_ = 0;
  std::string body_;  // as long as what came and the room behind it
  Error error_;
};

/// Blocks until the whole file is here, or it failed.
Download read_file(const Item& item, const Options& options);

}  // namespace interleave
