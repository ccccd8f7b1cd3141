#include "bench/origin/image.hpp"

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "bench/origin/python_random.hpp"
#include "bench/text/units.hpp"
#include "common/digest.hpp"

namespace interleave {

namespace {

constexpr std::size_t channels = 4;

[[noreturn]] void refuse_image(std::string_view what) {
  throw std::runtime_error(fmt::format("image: {}", printable(what)));
}

/// libpng's own image, freed whatever happens.
class Png {
 public:
  Png() { image_.version = PNG_IMAGE_VERSION; }
  ~Png() { png_image_free(&image_); }
  Png(const Png&) = delete;
  Png& operator=(const Png&) = delete;

  png_image* operator->() { return &image_; }
  png_image* get() { return &image_; }

  /// libpng goes on after a warning; what it then makes up is no image.
  void check(int succeeded) const {
    if (!succeeded || image_.warning_or_error != 0)
      refuse_image(image_.message);
  }

 private:
  png_image image_{};
};

bool fits(std::uint64_t width, std::uint64_t height) {
  return width >= 1 && height >= 1 && width <= max_edge && height <= max_edge &&
         width * height <= max_pixels;
}

std::size_t size_of(std::uint32_t width, std::uint32_t height) {
  return channels * width * height;
}

/// The first of the source pixels that pixel `i` of `count` covers.
std::uint32_t covered_from(std::uint32_t i, std::uint32_t count,
                           std::uint32_t of) {
  return static_cast<std::uint32_t>(std::uint64_t{i} * of / count);
}

/// A rectangle of pixels: from (left, top) up to, not including, the others.
struct Box {
  std::uint32_t left, top, right, bottom;
};

/// The mean colour of a box. What is transparent has no colour to add.
void average(const Image& image, const Box& box, std::uint8_t* mean) {
  std::uint64_t sum[3]{}, alpha = 0;
  for (std::uint32_t y = box.top; y < box.bottom; ++y) {
    const std::uint8_t* pixel =
        image.pixels.data() + size_of(image.width, y) + channels * box.left;
    for (std::uint32_t x = box.left; x < box.right; ++x, pixel += channels) {
      for (std::size_t i = 0; i < 3; ++i)
        sum[i] += std::uint64_t{pixel[i]} * pixel[3];
      alpha += pixel[3];
    }
  }
  const std::uint64_t count =
      std::uint64_t{box.right - box.left} * (box.bottom - box.top);
  for (std::size_t i = 0; i < 3; ++i)
    mean[i] = static_cast<std::uint8_t>(
        alpha == 0 ? 0 : (sum[i] + alpha / 2) / alpha);
  mean[3] = static_cast<std::uint8_t>((alpha + count / 2) / count);
}

std::uint32_t edge_of(const Item& item, const Image& image) {
  const std::string& text = item.argument;
  if (text.empty()) return (std::max(image.width, image.height) + 1) / 2;
  std::uint32_t edge = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, edge);
  if (error != std::errc() || stop != end || edge == 0)
    throw std::invalid_argument(
        fmt::format("{} is not an edge in pixels: write 64", in_quotes(text)));
  return edge;
}

void paint_colours(Image& image, PythonRandom& random) {
  const auto tint = static_cast<std::uint32_t>(random.randint(0, 255));
  std::uint8_t* pixel = image.pixels.data();
  for (std::uint32_t y = 0; y < image.height; ++y)
    for (std::uint32_t x = 0; x < image.width; ++x, pixel += channels) {
      pixel[0] = static_cast<std::uint8_t>(255 * x / image.width);
      pixel[1] = static_cast<std::uint8_t>(255 * y / image.height);
      pixel[2] = static_cast<std::uint8_t>(
          (tint + static_cast<std::uint32_t>(random.getrandbits(3))) & 255);
      pixel[3] = 255;
    }
}

void paint_rectangle(Image& image, PythonRandom& random) {
  const auto drawn = [&random](std::uint32_t last) {
    return static_cast<std::uint32_t>(random.randint(0, last));
  };
  const std::uint32_t left = drawn(image.width - 1), right = drawn(image.width);
  const std::uint32_t top = drawn(image.height - 1),
                      bottom = drawn(image.height);
  std::uint8_t colour[channels];
  for (std::uint8_t& part : colour)
    part = static_cast<std::uint8_t>(drawn(255));
  for (std::uint32_t y = top; y < bottom; ++y)
    for (std::uint32_t x = left; x < right; ++x)
      std::ranges::copy(
          colour,
          image.pixels.begin() + static_cast<std::ptrdiff_t>(
                                     size_of(image.width, y) + channels * x));
}

}  // namespace

std::string make_image(std::uint64_t seed, std::uint64_t id,
                       std::uint32_t width, std::uint32_t height) {
  if (!fits(width, height))
    throw std::invalid_argument(
        fmt::format("an image of {} x {}: from 1 x 1 to {} along an edge and "
                    "{} pixels in all",
                    width, height, max_edge, max_pixels));
  PythonRandom random(digest(fmt::format("image {}", id), seed));
  Image image{width, height, std::vector<std::uint8_t>(size_of(width, height))};
  paint_colours(image, random);
  for (int i = 0; i < 5; ++i) paint_rectangle(image, random);
  return encode_image(image);
}

Image decode_image(std::string_view png) {
  using namespace std::string_view_literals;
  // libpng stops reading at the last pixel; a file cut short behind it is
  // still one that did not come whole.
  constexpr std::string_view last_chunk = "\0\0\0\0IEND\xae\x42\x60\x82"sv;
  if (png.empty()) refuse_image("the file is empty");
  Png file;
  file.check(
      png_image_begin_read_from_memory(file.get(), png.data(), png.size()));
  const std::uint32_t width = file->width, height = file->height;
  if (!fits(width, height))
    refuse_image(
        fmt::format("{} x {} pixels: at most {} along an edge and {} in all "
                    "are accepted",
                    width, height, max_edge, max_pixels));

  if (!png.ends_with(last_chunk))
    refuse_image("the file is cut short, or goes on behind its end");

  // Without the flag, 16 bits without a stated gamma would count as linear.
  file->format = PNG_FORMAT_RGBA;
  file->flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  Image image{width, height, std::vector<std::uint8_t>(size_of(width, height))};
  file.check(png_image_finish_read(file.get(), nullptr, image.pixels.data(), 0,
                                   nullptr));
  return image;
}

std::string encode_image(const Image& image) {
  Png file;
  file->width = image.width;
  file->height = image.height;
  file->format = PNG_FORMAT_RGBA;
  png_alloc_size_t size = PNG_IMAGE_PNG_SIZE_MAX(*file.get());
  std::string png(size, '\0');
  file.check(png_image_write_to_memory(file.get(), png.data(), &size, 0,
                                       image.pixels.data(), 0, nullptr));
  png.resize(size);
  return png;
}

Image shrink(const Image& image, std::uint32_t edge) {
  const std::uint32_t longest = std::max(image.width, image.height);
  edge = std::max(edge, std::uint32_t{1});
  if (longest <= edge) return image;

  const auto scaled = [&](std::uint32_t length) {
    return std::max(covered_from(edge, longest, length), std::uint32_t{1});
  };
  Image small{scaled(image.width), scaled(image.height), {}};
  small.pixels.resize(size_of(small.width, small.height));
  std::uint8_t* pixel = small.pixels.data();
  for (std::uint32_t y = 0; y < small.height; ++y)
    for (std::uint32_t x = 0; x < small.width; ++x, pixel += channels)
      average(image,
              {covered_from(x, small.width, image.width),
               covered_from(y, small.height, image.height),
               covered_from(x + 1, small.width, image.width),
               covered_from(y + 1, small.height, image.height)},
              pixel);
  return small;
}

std::string shrink_image(const Item& item, std::string_view body) {
  const Image image = decode_image(body);
  return encode_image(shrink(image, edge_of(item, image)));
}

}  // namespace interleave
