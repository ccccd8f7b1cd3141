#include "bench/experiments/work/scan.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <stdexcept>
#include <string>

namespace interleave {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double not_a_number = std::numeric_limits<double>::quiet_NaN();

std::string refusal(std::string_view bytes) {
  try {
    parse_scan(bytes);
    return "";
  } catch (const std::runtime_error& error) {
    return error.what();
  }
}

template <class Number>
void put(std::string& bytes, std::size_t offset, Number number, bool swap) {
  char field[sizeof number];
  std::memcpy(field, &number, sizeof number);
  if (swap) std::reverse(std::begin(field), std::end(field));
  bytes.replace(offset, sizeof number, field, sizeof number);
}

/// A file made by hand, field by field.
struct Handmade {
  int version = 2;
  bool swap = false;
  std::int16_t datatype = 16, bitpix = 32;
  std::array<std::int64_t, 8> dim{2, 2, 3, 1, 1, 1, 1, 1};
  double vox_offset = 0;  // 0: right behind the header
  double slope = 0, inter = 0;

  std::size_t start() const { return version == 1 ? 352 : 544; }

  std::string header() const {
    const double offset =
        vox_offset == 0 ? static_cast<double>(start()) : vox_offset;
    std::string bytes(start(), '\0');
    if (version == 1) {
      put(bytes, 0, std::int32_t{348}, swap);
      for (std::size_t i = 0; i < 8; ++i)
        put(bytes, 40 + 2 * i, static_cast<std::int16_t>(dim[i]), swap);
      put(bytes, 70, datatype, swap);
      put(bytes, 72, bitpix, swap);
      put(bytes, 108, static_cast<float>(offset), swap);
      put(bytes, 112, static_cast<float>(slope), swap);
      put(bytes, 116, static_cast<float>(inter), swap);
      bytes.replace(344, 4, "n+1\0", 4);
      return bytes;
    }
    put(bytes, 0, std::int32_t{540}, swap);
    bytes.replace(4, 8, "n+2\0\r\n\x1a\n", 8);
    put(bytes, 12, datatype, swap);
    put(bytes, 14, bitpix, swap);
    for (std::size_t i = 0; i < 8; ++i) put(bytes, 16 + 8 * i, dim[i], swap);
    put(bytes, 168, static_cast<std::int64_t>(offset), swap);
    put(bytes, 176, slope, swap);
    put(bytes, 184, inter, swap);
    return bytes;
  }

  /// With the numbers 1, 2, 3 ... behind the header.
  template <class Number>
  std::string with(std::size_t count) const {
    std::string bytes = header();
    for (std::size_t i = 0; i < count; ++i) {
      bytes.append(sizeof(Number), '\0');
      put(bytes, bytes.size() - sizeof(Number), static_cast<Number>(i + 1),
          swap);
    }
    return bytes;
  }
};

std::string gzipped(const std::string& bytes) {
  z_stream stream{};
  deflateInit2(&stream, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

const std::vector<float> one_to_six{1, 2, 3, 4, 5, 6};

TEST(Scan, ReadsBackWhatIsWritten) {
  const Scan scan = parse_scan(write_scan({1, 2, 8, 20}));
  EXPECT_EQ(scan.shape, (std::vector<std::size_t>{8, 20}));
  ASSERT_EQ(scan.data.size(), 160u);
  for (const float number : scan.data) EXPECT_LE(std::abs(number), 1);
  EXPECT_GT(*std::ranges::max_element(scan.data), 0.5);
  EXPECT_LT(*std::ranges::min_element(scan.data), -0.5);
}

TEST(Scan, TheSameSettingsMakeTheSameFile) {
  const std::string file = write_scan({1, 2, 8, 20});
  EXPECT_EQ(write_scan({1, 2, 8, 20}), file);
  EXPECT_NE(write_scan({1, 3, 8, 20}), file);
  EXPECT_NE(write_scan({2, 2, 8, 20}), file);
  EXPECT_EQ(digest_of(matrix_of(parse_scan(file))), 964403020951919261u);
}

TEST(Scan, RefusesToWriteAnEmptyOrHugeOne) {
  EXPECT_THROW(write_scan({1, 0, 0, 20}), std::invalid_argument);
  EXPECT_THROW(write_scan({1, 0, 8, 0}), std::invalid_argument);
  EXPECT_THROW(write_scan({1, 0, 10'001, 1}), std::invalid_argument);
  EXPECT_THROW(write_scan({1, 0, 1, 100'001}), std::invalid_argument);
}

template <class Number>
void expect_read(std::int16_t datatype) {
  for (const int version : {1, 2})
    for (const bool swap : {false, true}) {
      Handmade file;
      file.version = version;
      file.swap = swap;
      file.datatype = datatype;
      file.bitpix = 8 * sizeof(Number);
      SCOPED_TRACE(testing::Message() << "datatype " << datatype << ", NIfTI-"
                                      << version << (swap ? ", swapped" : ""));
      const Scan scan = parse_scan(file.with<Number>(6));
      EXPECT_EQ(scan.data, one_to_six);
      EXPECT_EQ(scan.shape, (std::vector<std::size_t>{2, 3}));
    }
}

TEST(Scan, ReadsEveryDatatypeInBothVersionsAndByteOrders) {
  expect_read<std::uint8_t>(2);
  expect_read<std::int16_t>(4);
  expect_read<std::int32_t>(8);
  expect_read<float>(16);
  expect_read<double>(64);
  expect_read<std::int8_t>(256);
  expect_read<std::uint16_t>(512);
  expect_read<std::uint32_t>(768);
  expect_read<std::int64_t>(1024);
  expect_read<std::uint64_t>(1280);
}

TEST(Scan, KeepsTheSignOfNumbers) {
  Handmade file;
  file.datatype = 256;
  file.bitpix = 8;
  file.dim = {1, 2, 1, 1, 1, 1, 1, 1};
  EXPECT_EQ(parse_scan(file.header() + "\xff\x80").data,
            (std::vector<float>{-1, -128}));
  file.datatype = 2;
  EXPECT_EQ(parse_scan(file.header() + "\xff\x80").data,
            (std::vector<float>{255, 128}));
}

TEST(Scan, ScalesUnlessTheSlopeIsZero) {
  Handmade file;
  file.slope = 2;
  file.inter = -1;
  EXPECT_EQ(parse_scan(file.with<float>(6)).data,
            (std::vector<float>{1, 3, 5, 7, 9, 11}));
  file.slope = 0;
  EXPECT_EQ(parse_scan(file.with<float>(6)).data, one_to_six);
}

TEST(Scan, ASlopeOrInterceptThatIsNoNumberCountsAsUnset) {
  for (const int version : {1, 2})
    for (const double wrong : {not_a_number, infinity, -infinity}) {
      Handmade file;
      file.version = version;
      file.slope = wrong;
      file.inter = 5;
      EXPECT_EQ(parse_scan(file.with<float>(6)).data, one_to_six);
      file.inter = wrong;
      EXPECT_EQ(parse_scan(file.with<float>(6)).data, one_to_six);
      file.slope = 0;
      EXPECT_EQ(parse_scan(file.with<float>(6)).data, one_to_six);
      file.slope = 2;
      EXPECT_EQ(parse_scan(file.with<float>(6)).data,
                (std::vector<float>{2, 4, 6, 8, 10, 12}));
    }
}

TEST(Scan, AxesOfLengthOneAreLeftOut) {
  Handmade file;
  file.dim = {7, 1, 2, 1, 3, 1, 1, 1};
  EXPECT_EQ(parse_scan(file.with<float>(6)).shape,
            (std::vector<std::size_t>{2, 3}));
  file.dim = {3, 1, 1, 1, 0, 0, 0, 0};
  const Scan point = parse_scan(file.with<float>(1));
  EXPECT_TRUE(point.shape.empty());
  EXPECT_EQ(matrix_of(point), (Matrix{1, 1, {1}}));
}

TEST(Scan, ReadsANumberWhereTheFileHasIt) {
  Handmade file;
  file.vox_offset = 560;
  const std::string numbers = Handmade().with<float>(6).substr(544);
  EXPECT_EQ(parse_scan(file.header() + std::string(16, 'x') + numbers).data,
            one_to_six);
}

TEST(Scan, TheFirstAxisVariesFastestInTheFileAndSlowestInTheMatrix) {
  const Scan scan = parse_scan(Handmade().with<float>(6));
  EXPECT_EQ(matrix_of(scan), (Matrix{2, 3, {1, 3, 5, 2, 4, 6}}));
}

TEST(Scan, ReadsAPackedFileLikeAPlainOne) {
  const std::string file = write_scan({1, 2, 8, 20});
  EXPECT_EQ(parse_scan(gzipped(file)).data, parse_scan(file).data);
  const std::string members =
      gzipped(file.substr(0, 100)) + gzipped(file.substr(100));
  EXPECT_EQ(parse_scan(members).data, parse_scan(file).data);
}

TEST(Scan, ZerosBehindAPackedFileArePadding) {
  const std::string file = write_scan({1, 2, 8, 20});
  const std::vector<float> data = parse_scan(file).data;
  for (const std::size_t zeros : {1u, 511u, 70'000u}) {
    const std::string padding(zeros, '\0');
    EXPECT_EQ(parse_scan(gzipped(file) + padding).data, data);
    EXPECT_EQ(parse_scan(gzipped(file.substr(0, 100)) + padding +
                         gzipped(file.substr(100)) + padding)
                  .data,
              data);
    EXPECT_EQ(refusal(gzipped(file) + padding + "x"),
              "gzip: what follows the packed bytes is neither gzip nor zeros");
  }
}

TEST(Scan, APackedFileMayNotHoldMoreThanItsHeaderSays) {
  const std::string file = Handmade().with<float>(6);
  EXPECT_EQ(refusal(gzipped(file + std::string(20'000'000, '\0'))),
            "scan: length is more than the 568 bytes that vox_offset, dim and "
            "datatype make");
  EXPECT_EQ(refusal(gzipped(std::string(20'000'000, '\0'))),
            "scan: sizeof_hdr is 0, which is neither 348 (NIfTI-1) nor 540 "
            "(NIfTI-2)");
}

TEST(Scan, ADamagedPackedFileIsRefused) {
  const std::string packed = gzipped(write_scan({1, 2, 4, 5}));
  for (std::size_t size = 0; size < packed.size(); ++size)
    EXPECT_NE(refusal(packed.substr(0, size)), "") << size;
  EXPECT_EQ(refusal(packed.substr(0, packed.size() - 1)),
            "gzip: the packed bytes are cut short");
  std::string damaged = packed;
  damaged[damaged.size() - 6] ^= 1;  // its checksum
  EXPECT_EQ(refusal(damaged), "gzip: incorrect data check");
  EXPECT_NE(refusal(packed + "x"), "");
}

TEST(Scan, AFileCutShortAnywhereIsRefused) {
  const std::string file = write_scan({1, 2, 4, 5});
  for (std::size_t size = 0; size < file.size(); ++size)
    EXPECT_NE(refusal(std::string_view(file).substr(0, size)), "") << size;
  EXPECT_NE(refusal(file + "x"), "");
}

/// The refusal of a file with one thing wrong.
template <class Change>
std::string refusal_with(Change change) {
  Handmade file;
  change(file);
  return refusal(file.with<float>(6));
}

TEST(Scan, ARefusalNamesTheFieldOfTheHeader) {
  EXPECT_EQ(refusal(""),
            "scan: sizeof_hdr is missing: the file is empty or cut short");
  EXPECT_EQ(refusal("<html>"),
            "scan: sizeof_hdr is 1836345404, which is neither 348 (NIfTI-1) "
            "nor 540 (NIfTI-2)");
  EXPECT_EQ(refusal(Handmade().header().substr(0, 539)),
            "scan: header is cut short: 539 of 540 bytes");
  EXPECT_EQ(refusal(Handmade().with<float>(5)),
            "scan: length is 564 bytes, but vox_offset, dim and datatype make "
            "568");
  std::string file = Handmade().with<float>(6);
  file[6] = '3';
  EXPECT_EQ(refusal(file), "scan: magic is not that of NIfTI");
  Handmade first;
  first.version = 1;
  file = first.with<float>(6);
  file[345] = 'i';
  EXPECT_EQ(refusal(file),
            "scan: magic says that the numbers are in an .img file of their "
            "own");
}

TEST(Scan, ARefusalNamesTheDatatype) {
  for (const int unknown : {0, 1, 32, 128, 1536, -1})
    EXPECT_EQ(refusal_with([=](Handmade& file) {
                file.datatype = static_cast<std::int16_t>(unknown);
              }),
              "scan: datatype is " + std::to_string(unknown) +
                  ", which is no integer of 8 to 64 bits and no float of 32 "
                  "or 64");
  EXPECT_EQ(refusal_with([](Handmade& file) { file.bitpix = 64; }),
            "scan: bitpix is 64, but datatype 16 takes 32");
}

TEST(Scan, ARefusalNamesTheAxis) {
  EXPECT_EQ(refusal_with([](Handmade& file) { file.dim[0] = 8; }),
            "scan: dim[0] is 8: there are 1 to 7 axes");
  EXPECT_EQ(refusal_with([](Handmade& file) { file.dim[0] = 0; }),
            "scan: dim[0] is 0: there are 1 to 7 axes");
  EXPECT_EQ(refusal_with([](Handmade& file) { file.dim[2] = -3; }),
            "scan: dim[2] is -3: no axis is shorter than 1");
  EXPECT_EQ(refusal_with([](Handmade& file) { file.dim[1] = 0; }),
            "scan: dim[1] is 0: no axis is shorter than 1");
  const std::string huge =
      ": with the axes before it that makes more than 1 GiB of numbers";
  EXPECT_EQ(refusal_with([](Handmade& file) {
              file.dim[1] = std::numeric_limits<std::int64_t>::max();
            }),
            "scan: dim[1] is 9223372036854775807" + huge);
  // The product of these two is 0 in 64 bits.
  EXPECT_EQ(refusal_with([](Handmade& file) {
              file.dim[1] = std::int64_t{1} << 28;
              file.dim[2] = std::int64_t{1} << 36;
            }),
            "scan: dim[2] is 68719476736" + huge);
  // Each of these is small enough alone.
  EXPECT_EQ(refusal_with([](Handmade& file) {
              file.dim = {3, 1 << 28, 1 << 28, 1 << 8, 1, 1, 1, 1};
            }),
            "scan: dim[2] is 268435456" + huge);
  EXPECT_EQ(refusal_with([](Handmade& file) {
              file.datatype = 64;
              file.bitpix = 64;
              file.dim[1] = std::int64_t{1} << 28;
              file.dim[2] = 1;
            }),
            "scan: dim makes more than 1 GiB of numbers");
}

TEST(Scan, ARefusalNamesTheOffset) {
  for (const double wrong : {-1.0, 1.0, 348.0, 543.0, 1e10, 9e18})
    EXPECT_TRUE(refusal_with([=](Handmade& file) {
                  file.vox_offset = wrong;
                }).starts_with("scan: vox_offset is "))
        << wrong;
  for (const double wrong : {351.0, 352.5, infinity, not_a_number, -infinity})
    EXPECT_TRUE(refusal_with([=](Handmade& file) {
                  file.version = 1;
                  file.vox_offset = wrong;
                }).starts_with("scan: vox_offset is "))
        << wrong;
  EXPECT_EQ(refusal_with([](Handmade& file) { file.vox_offset = 1e9; }),
            "scan: length is 568 bytes, but vox_offset, dim and datatype make "
            "1000000024");
}

TEST(Scan, NoFlippedBitOfTheHeaderDoesMoreThanHarmItsOwnNumbers) {
  const std::string file = write_scan({1, 2, 4, 5});
  for (std::size_t bit = 0; bit < 8 * 544; ++bit) {
    std::string damaged = file;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    try {
      EXPECT_LE(parse_scan(damaged).data.size(), damaged.size());
    } catch (const std::runtime_error&) {
    }
  }
}

TEST(Scan, WorkEncodesTheMatrix) {
  const std::string file = write_scan({1, 2, 8, 20});
  EXPECT_EQ(decode_matrix(scan_work(Item(), file)),
            matrix_of(parse_scan(file)));
  EXPECT_THROW(scan_work(Item(), "no scan"), std::runtime_error);
}

TEST(Matrix, PartsAreConcatenatedInTheOrderGiven) {
  const std::string a = encode_matrix({1, 2, {1, 2}}),
                    b = encode_matrix({2, 2, {3, 4, 5, 6}});
  const std::string_view ab[] = {a, b}, ba[] = {b, a};
  EXPECT_EQ(concatenate(ab), (Matrix{3, 2, {1, 2, 3, 4, 5, 6}}));
  EXPECT_EQ(concatenate(ba), (Matrix{3, 2, {3, 4, 5, 6, 1, 2}}));
  EXPECT_NE(digest_of(concatenate(ab)), digest_of(concatenate(ba)));
  EXPECT_EQ(shape_of(concatenate(ab)), "(3, 2)");
  EXPECT_EQ(concatenate({}), Matrix());
}

TEST(Matrix, TheShapeBelongsToTheDigest) {
  EXPECT_NE(digest_of({2, 3, {1, 2, 3, 4, 5, 6}}),
            digest_of({3, 2, {1, 2, 3, 4, 5, 6}}));
}

TEST(Matrix, PartsOfAnotherWidthAreRefused) {
  const std::string a = encode_matrix({1, 2, {1, 2}}),
                    b = encode_matrix({1, 3, {3, 4, 5}});
  const std::string_view parts[] = {a, a, b};
  try {
    concatenate(parts);
    FAIL() << "accepted";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(),
                 "matrix: output 3 has 3 columns, the first one 2");
  }
}

TEST(Matrix, BytesThatDoNotFitTheShapeAreRefused) {
  const std::string bytes = encode_matrix({2, 3, {1, 2, 3, 4, 5, 6}});
  for (std::size_t size = 0; size < bytes.size(); ++size)
    EXPECT_THROW(decode_matrix(std::string_view(bytes).substr(0, size)),
                 std::runtime_error);
  std::string huge = bytes;
  put(huge, 0, std::uint64_t{1} << 63, false);
  put(huge, 8, std::uint64_t{2}, false);
  EXPECT_THROW(decode_matrix(huge), std::runtime_error);
  put(huge, 0, std::uint64_t{0}, false);
  EXPECT_THROW(decode_matrix(huge), std::runtime_error);
  EXPECT_EQ(decode_matrix(encode_matrix(Matrix())), Matrix());
}

}  // namespace
}  // namespace interleave
