#include "bench/origin/image.hpp"

#include <zlib.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "tests/fuzz/promises.hpp"

namespace interleave::fuzz {

namespace {

std::optional<Image> accepted_image(std::string_view bytes) {
  try {
    return decode_image(bytes);
  } catch (const std::runtime_error& error) {
    const std::string_view text = error.what();
    require(text.starts_with("image: ") && is_printable(text),
            "a refusal says what it is about, and is printable");
    return std::nullopt;
  }
}

void check_shrunk(const Image& image, std::uint32_t edge) {
  const Image small = shrink(image, edge);
  require(small.width >= 1 && small.height >= 1, "no edge vanishes");
  require(small.width <= image.width && small.height <= image.height,
          "nothing grows");
  require(
      std::max(small.width, small.height) <= std::max(edge, std::uint32_t{1}),
      "no edge is longer than asked for");
  require(small.pixels.size() == std::size_t{4} * small.width * small.height,
          "there are as many pixels as the edges say");
  require(shrink(small, edge) == small, "once is enough");
  require(decode_image(encode_image(small)) == small,
          "an image is read back as it was written");
}

void check_image(const Image& image) {
  require(image.width >= 1 && image.width <= max_edge && image.height >= 1 &&
              image.height <= max_edge &&
              std::uint64_t{image.width} * image.height <= max_pixels,
          "an image has a bound");
  require(image.pixels.size() == std::size_t{4} * image.width * image.height,
          "there are as many pixels as the edges say");
  const std::uint32_t longest = std::max(image.width, image.height);
  check_shrunk(image, std::min((longest + 1) / 2, std::uint32_t{64}));
}

std::uint32_t big_endian(std::string_view four) {
  std::uint32_t number = 0;
  for (const char c : four)
    number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

/// The same chunks with their checksums made right: behind a wrong one libpng
/// looks no further, and changed bytes would never get anywhere.
std::string repaired(std::string_view bytes) {
  std::string png(bytes);
  std::size_t at = 8;
  while (png.size() >= 12 && at <= png.size() - 12) {
    const std::size_t length = big_endian(bytes.substr(at, 4));
    if (length > png.size() - 12 - at) break;
    const auto sum =
        crc32(0, reinterpret_cast<const Bytef*>(png.data() + at + 4),
              static_cast<uInt>(length + 4));
    for (std::size_t i = 0; i < 4; ++i)
      png[at + 8 + length + i] = static_cast<char>(sum >> (24 - 8 * i));
    at += length + 12;
  }
  return png;
}

/// An image whose edges and pixels are these bytes.
void check_made(std::string_view bytes) {
  if (bytes.size() < 7) return;
  const auto byte = [bytes](std::size_t i) {
    return static_cast<std::uint8_t>(bytes[i % bytes.size()]);
  };
  Image image{byte(0) % 24u + 1, byte(1) % 24u + 1, {}};
  image.pixels.resize(std::size_t{4} * image.width * image.height);
  for (std::size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] = byte(i + 3);
  check_shrunk(image, byte(2) % 32u);
}

}  // namespace

void image(std::string_view bytes) {
  if (const auto found = accepted_image(bytes)) check_image(*found);
  if (const auto found = accepted_image(repaired(bytes))) check_image(*found);
  check_made(bytes);
}

}  // namespace interleave::fuzz
