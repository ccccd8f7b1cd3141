// Images: PNG made, read, shrunk and written, in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/item.hpp"

namespace interleave {

/// The largest image accepted: pixels along an edge, and in all (64 MiB).
inline constexpr std::uint32_t max_edge = 16'384;
inline constexpr std::uint32_t max_pixels = std::uint32_t{1} << 24;

/// Invariant: `pixels` holds width * height times red, green, blue and alpha
/// (0 is transparent), row by row from the top, 8 bits each, colours not
/// multiplied by alpha.
struct Image {
  std::uint32_t width = 0, height = 0;
  std::vector<std::uint8_t> pixels;

  bool operator==(const Image&) const = default;
};

/// A picture that is known beforehand, as a PNG: colours that run into each
/// other, with rectangles and some noise, so that it packs like a drawing. The
/// same pixels for the same numbers everywhere. Throws std::invalid_argument
/// when it is empty or larger than the largest one.
std::string make_image(std::uint64_t seed, std::uint64_t id,
                       std::uint32_t width, std::uint32_t height);

/// Reads a PNG of any colour type and depth, interlaced or not. Throws
/// std::runtime_error when it is damaged, cut short, no PNG or larger than
/// the largest one; its size is checked before memory is taken for it.
Image decode_image(std::string_view png);

/// `image` as a PNG. The same bytes for the same pixels and version of zlib.
std::string encode_image(const Image& image);

/// The same picture with no edge longer than `edge` pixels (at least 1): each
/// pixel is the mean of those it covers, weighted by their alpha. An image
/// that is small enough comes back as it is.
Image shrink(const Image& image, std::uint32_t edge);

/// ProcessFn: the PNG in `body`, shrunk to the edge in `item.argument`, or to
/// half its longer edge when that is empty, as a PNG. Throws
/// std::invalid_argument when the argument is not a whole number from 1 on.
std::string shrink_image(const Item& item, std::string_view body);

}  // namespace interleave
