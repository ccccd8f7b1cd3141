// Unpacks gzip in memory, no further than it is asked to.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace interleave {

/// Whether the bytes start as those of a gzip file.
bool is_gzip(std::string_view bytes);

/// A compressed text, unpacked piece by piece: a small file may hold a
/// thousand times its size, so the reader says how much it takes.
class Gunzip {
 public:
  /// `packed` outlives this object. Several gzip members are one text; zeros
  /// behind a member are nothing, and all else there is refused.
  explicit Gunzip(std::string_view packed);
  ~Gunzip();
  Gunzip(const Gunzip&) = delete;
  Gunzip& operator=(const Gunzip&) = delete;

  /// Appends to `text` until it is `size` bytes long or the end was reached.
  /// At the end the checksum was verified. Throws std::runtime_error when the
  /// file is damaged or cut short.
  void read_up_to(std::size_t size, std::string& text);

  /// Whether all of it was unpacked. May have to look for one byte more.
  bool at_end();

 private:
  std::size_t inflate_into(char* out, std::size_t size);
  void next_member();

  z_stream stream_{};
  bool ended_ = false;
};

}  // namespace interleave
