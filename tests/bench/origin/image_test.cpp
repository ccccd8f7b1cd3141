#include "bench/origin/image.hpp"

#include <gtest/gtest.h>
#include <png.h>
#include <zlib.h>

#include <stdexcept>
#include <string>

#include "common/digest.hpp"

namespace interleave {
namespace {

using namespace std::string_literals;

std::string refusal(std::string_view png) {
  try {
    decode_image(png);
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

std::string big_endian(std::uint32_t number) {
  std::string bytes(4, '\0');
  for (int i = 0; i < 4; ++i)
    bytes[static_cast<std::size_t>(i)] =
        static_cast<char>(number >> (24 - 8 * i));
  return bytes;
}

/// One chunk of a PNG, its checksum right.
std::string chunk(const std::string& name, const std::string& content) {
  const std::string checked = name + content;
  const auto sum = crc32(0, reinterpret_cast<const Bytef*>(checked.data()),
                         static_cast<uInt>(checked.size()));
  return big_endian(static_cast<std::uint32_t>(content.size())) + checked +
         big_endian(static_cast<std::uint32_t>(sum));
}

std::string packed(const std::string& rows) {
  uLongf size = compressBound(rows.size());
  std::string bytes(size, '\0');
  compress(reinterpret_cast<Bytef*>(bytes.data()), &size,
           reinterpret_cast<const Bytef*>(rows.data()), rows.size());
  bytes.resize(size);
  return bytes;
}

/// A PNG made by hand: colour type and depth are what the test is about.
std::string png_of(std::uint32_t width, std::uint32_t height, char depth,
                   char colour, const std::string& rows,
                   const std::string& palette = "", char interlace = 0) {
  std::string head = big_endian(width) + big_endian(height);
  head += {depth, colour, 0, 0, interlace};
  std::string png = "\x89PNG\r\n\x1a\n" + chunk("IHDR", head);
  if (!palette.empty()) png += chunk("PLTE", palette);
  return png + chunk("IDAT", packed(rows)) + chunk("IEND", "");
}

Image one_pixel(std::uint8_t r, std::uint8_t g, std::uint8_t b,
                std::uint8_t a) {
  return {1, 1, {r, g, b, a}};
}

TEST(Image, TheSameNumbersMakeTheSamePixels) {
  const Image image = decode_image(make_image(1, 2, 40, 30));
  EXPECT_EQ(image.width, 40u);
  EXPECT_EQ(image.height, 30u);
  EXPECT_EQ(make_image(1, 2, 40, 30), make_image(1, 2, 40, 30));
  EXPECT_NE(decode_image(make_image(1, 3, 40, 30)), image);
  EXPECT_NE(decode_image(make_image(2, 2, 40, 30)), image);
  // The pixels, not the file: how they are packed is for zlib to choose.
  EXPECT_EQ(digest({reinterpret_cast<const char*>(image.pixels.data()),
                    image.pixels.size()}),
            16400717890662402030u);
}

TEST(Image, WhatIsWrittenIsReadBack) {
  for (const auto& [width, height] :
       {std::pair{1u, 1u}, {1u, 200u}, {200u, 1u}, {17u, 23u}}) {
    const Image image = decode_image(make_image(5, 1, width, height));
    EXPECT_EQ(decode_image(encode_image(image)), image);
  }
}

TEST(Image, ReadsEveryColourTypeAndDepth) {
  EXPECT_EQ(decode_image(png_of(1, 1, 8, 0, "\0\x80"s)),
            one_pixel(0x80, 0x80, 0x80, 255));
  EXPECT_EQ(decode_image(png_of(1, 1, 1, 0, "\0\x80"s)),
            one_pixel(255, 255, 255, 255));
  EXPECT_EQ(decode_image(png_of(1, 1, 16, 0, "\0\x80\x80"s)),
            one_pixel(0x80, 0x80, 0x80, 255));
  EXPECT_EQ(decode_image(png_of(1, 1, 8, 4, "\0\x40\x7f"s)),
            one_pixel(0x40, 0x40, 0x40, 0x7f));
  EXPECT_EQ(decode_image(png_of(1, 1, 8, 2, "\0\1\2\3"s)),
            one_pixel(1, 2, 3, 255));
  EXPECT_EQ(decode_image(png_of(1, 1, 8, 6, "\0\1\2\3\4"s)),
            one_pixel(1, 2, 3, 4));
  EXPECT_EQ(decode_image(png_of(1, 1, 16, 6, "\0\1\1\2\2\3\3\4\4"s)),
            one_pixel(1, 2, 3, 4));
  EXPECT_EQ(decode_image(png_of(1, 1, 4, 3, "\0\x10"s, "\0\0\0\7\6\5"s)),
            one_pixel(7, 6, 5, 255));
}

TEST(Image, ReadsAnInterlacedImage) {
  EXPECT_EQ(decode_image(png_of(1, 1, 8, 2, "\0\1\2\3"s, "", 1)),
            one_pixel(1, 2, 3, 255));
  // Two by one: the first pass holds the left pixel, the sixth the right one.
  EXPECT_EQ(decode_image(png_of(2, 1, 8, 0, "\0\x11\0\x22"s, "", 1)),
            (Image{2, 1, {17, 17, 17, 255, 34, 34, 34, 255}}));
}

TEST(Image, AFileCutShortAnywhereIsRefused) {
  const std::string png = make_image(1, 2, 20, 10);
  for (std::size_t size = 0; size < png.size(); ++size)
    EXPECT_NE(refusal(std::string_view(png).substr(0, size)), "") << size;
  EXPECT_NE(refusal(png + "x"), "");
  EXPECT_EQ(refusal(""), "image: the file is empty");
  EXPECT_EQ(refusal("not an image, just text"), "image: Not a PNG file");
}

TEST(Image, NoFlippedBitGoesUnnoticed) {
  const std::string png = make_image(1, 2, 20, 10);
  for (std::size_t bit = 0; bit < 8 * png.size(); ++bit) {
    std::string damaged = png;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    EXPECT_NE(refusal(damaged), "") << "bit " << bit;
  }
}

TEST(Image, ASizeIsRefusedBeforeMemoryIsTakenForIt) {
  EXPECT_EQ(refusal(png_of(16'385, 1, 8, 0, "")),
            "image: 16385 x 1 pixels: at most 16384 along an edge and "
            "16777216 in all are accepted");
  EXPECT_EQ(refusal(png_of(16'384, 1'025, 8, 0, "")),
            "image: 16384 x 1025 pixels: at most 16384 along an edge and "
            "16777216 in all are accepted");
  EXPECT_NE(refusal(png_of(0x7fffffff, 0x7fffffff, 8, 0, "")), "");
  EXPECT_NE(refusal(png_of(0xffffffff, 1, 8, 0, "")), "");
  EXPECT_NE(refusal(png_of(0, 1, 8, 0, "")), "");
}

TEST(Image, ALargeSizeWithoutThePixelsIsRefused) {
  EXPECT_NE(refusal(png_of(4'096, 4'096, 8, 0, "\0abc"s)), "");
}

TEST(Image, ShrinksToTheEdgeAndKeepsTheShape) {
  const Image image = decode_image(make_image(1, 2, 40, 30));
  for (std::uint32_t edge : {1u, 2u, 7u, 20u, 39u}) {
    const Image small = shrink(image, edge);
    EXPECT_EQ(small.width, edge);
    EXPECT_EQ(small.height, std::max(edge * 30 / 40, 1u));
    EXPECT_EQ(small.pixels.size(), 4u * small.width * small.height);
  }
  EXPECT_EQ(shrink(image, 40), image);
  EXPECT_EQ(shrink(image, 4'000), image);
  EXPECT_EQ(shrink(image, 0), shrink(image, 1));
}

TEST(Image, APixelIsTheMeanOfThoseItCovers) {
  const Image image{2,
                    2,
                    {10, 0, 0, 255, 20, 0, 0, 255,  //
                     30, 0, 4, 255, 40, 0, 4, 255}};
  EXPECT_EQ(shrink(image, 1), one_pixel(25, 0, 2, 255));
}

TEST(Image, WhatIsTransparentAddsNoColour) {
  const Image image{2, 1, {200, 100, 50, 255, 0, 255, 0, 0}};
  EXPECT_EQ(shrink(image, 1), one_pixel(200, 100, 50, 128));
  EXPECT_EQ(shrink({2, 1, {9, 9, 9, 0, 9, 9, 9, 0}}, 1), one_pixel(0, 0, 0, 0));
}

TEST(Image, ShrinkingOneColourKeepsIt) {
  Image image{64, 48, {}};
  for (int i = 0; i < 64 * 48; ++i)
    image.pixels.insert(image.pixels.end(), {12, 34, 56, 78});
  const Image small = shrink(image, 13);
  for (std::size_t i = 0; i < small.pixels.size(); i += 4)
    ASSERT_EQ((std::vector(small.pixels.begin() + static_cast<long>(i),
                           small.pixels.begin() + static_cast<long>(i + 4))),
              (std::vector<std::uint8_t>{12, 34, 56, 78}));
}

TEST(Image, WorkShrinksToTheArgumentOrToHalf) {
  const std::string png = make_image(1, 2, 40, 30);
  Item item;
  const Image half = decode_image(shrink_image(item, png));
  EXPECT_EQ(half, shrink(decode_image(png), 20));
  item.argument = "7";
  EXPECT_EQ(shrink_image(item, png),
            encode_image(shrink(decode_image(png), 7)));
  for (const char* wrong : {"0", "-1", "7 ", "x", "99999999999"}) {
    item.argument = wrong;
    EXPECT_THROW(shrink_image(item, png), std::invalid_argument) << wrong;
  }
  item.argument.clear();
  EXPECT_THROW(shrink_image(item, png.substr(0, 50)), std::runtime_error);
}

TEST(Image, NoneIsMadeWithoutPixelsOrWithTooMany) {
  EXPECT_THROW(make_image(1, 1, 0, 5), std::invalid_argument);
  EXPECT_THROW(make_image(1, 1, 5, 0), std::invalid_argument);
  EXPECT_THROW(make_image(1, 1, 16'385, 1), std::invalid_argument);
  EXPECT_THROW(make_image(1, 1, 16'384, 16'384), std::invalid_argument);
}

}  // namespace
}  // namespace interleave
