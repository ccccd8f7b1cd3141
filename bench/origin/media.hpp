// What the published experiments ask a server for: images and books.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "bench/origin/content.hpp"

namespace interleave::origin {

/// The longest edge of an image that is served, in pixels: making a larger one
/// would hold up the other clients.
inline constexpr std::uint32_t max_image_edge = 2048;

/// An image, as make_image() makes it.
struct ImageSpec {
  std::uint64_t id = 0;
  std::uint64_t seed = 1;
  std::uint32_t width = 256, height = 256;  ///< 1 to max_image_edge
  WaitSpec wait;

  bool operator==(const ImageSpec&) const = default;
};

/// The same image, shrunk, as it comes back from a client.
struct UploadSpec {
  ImageSpec image;
  std::uint32_t edge = 128;  ///< of the longer side, 1 to max_image_edge

  /// The longest upload that is taken, in bytes: more than any PNG of so many
  /// pixels needs.
  std::uint64_t most_bytes() const;

  bool operator==(const UploadSpec&) const = default;
};

/// A look-up in the catalogue, as book_of() knows it.
struct BookSpec {
  std::string isbn;        ///< ten digits
  std::uint64_t seed = 1;  ///< of the catalogue, and of the waits
  double hits = 0.5;       ///< the share of numbers that are found, 0 to 1
  WaitSpec wait;           ///< the number itself is the id it is drawn for

  bool operator==(const BookSpec&) const = default;
};

/// `/images/17?seed=1&width=256&height=256&wait=89ms`: a PNG.
std::string image_path(const ImageSpec& image);

/// `/images/17/small?seed=1&width=256&height=256&edge=128&wait=0`: where the
/// shrunk image is sent with PUT.
std::string upload_path(const UploadSpec& upload);

/// `/api/books?bibkeys=ISBN:0123456789&format=json&seed=1&hits=0.5&wait=0`.
std::string books_path(const BookSpec& book);

/// Whether the path is one of an upload.
bool is_upload_path(std::string_view target);

/// These read the paths back. Parameters may be absent (but for bibkeys) and in
/// any order. They throw std::invalid_argument that names the parameter which
/// is unknown, repeated or malformed.
ImageSpec parse_image_path(std::string_view target);
UploadSpec parse_upload_path(std::string_view target);
BookSpec parse_books_path(std::string_view target);

/// The wait of a look-up.
Clock::duration waiting_time(const BookSpec& book);

/// Images that were made lately, so that an experiment measures its clients
/// and not the making of its images.
///
/// Invariant: holds at most max_bytes, or one image.
class ImageShelf {
 public:
  /// The PNG of this image.
  std::shared_ptr<const std::string> png(const ImageSpec& image);

  /// "" when `png` is exactly the shrunk original, pixel by pixel, else what
  /// is wrong with it. Its size is checked before memory is taken for it.
  std::string verify(const UploadSpec& upload, std::string_view png);

 private:
  static constexpr std::size_t max_bytes = std::size_t{64} << 20;

  /// What a shrunk image must turn out to be.
  struct Small {
    std::uint32_t width = 0, height = 0;
    std::uint64_t digest = 0;  // of its pixels
  };
  struct Kept {
    std::shared_ptr<const std::string> png;
    std::unordered_map<std::uint32_t, Small> small;  // by edge
  };

  Kept& kept(const ImageSpec& image);
  const Small& small(const UploadSpec& upload);

  std::unordered_map<std::string, Kept> images_;
  std::deque<std::string> oldest_first_;
  std::size_t bytes_ = 0;
};

}  // namespace interleave::origin
