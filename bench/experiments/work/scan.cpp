#include "bench/experiments/work/scan.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <span>
#include <stdexcept>
#include <type_traits>

#include "bench/experiments/work/gunzip.hpp"

namespace interleave {

namespace {

constexpr std::size_t header_1 = 348, header_2 = 540;  // bytes

[[noreturn]] void refuse(std::string_view field, const std::string& what) {
  throw std::runtime_error(fmt::format("scan: {} {}", field, what));
}

template <class Number>
Number swapped(Number number) {
  auto bytes = std::bit_cast<std::array<char, sizeof(Number)>>(number);
  std::ranges::reverse(bytes);
  return std::bit_cast<Number>(bytes);
}

/// Numbers at fixed places, in the file's byte order. The caller has checked
/// that the places are there.
class Fields {
 public:
  Fields(std::string_view bytes, bool swap) : bytes_(bytes), swap_(swap) {}

  template <class Number>
  Number at(std::size_t offset) const {
    Number number;
    std::memcpy(&number, bytes_.data() + offset, sizeof number);
    return swap_ ? swapped(number) : number;
  }

 private:
  std::string_view bytes_;
  bool swap_;
};

/// The fields that decide what the numbers mean, of either version.
struct Header {
  bool swap = false;
  std::size_t size = 0;  // of the header itself, in bytes
  int datatype = 0, bitpix = 0;
  std::array<std::int64_t, 8> dim{};
  double vox_offset = 0, scl_slope = 0, scl_inter = 0;
};

/// What no number can be scaled with counts as unset (zero), as in the format's
/// own library.
double finite_or_unset(double number) {
  return std::isfinite(number) ? number : 0;
}

Header header_of_1(const Fields& fields) {
  Header header;
  header.size = header_1;
  for (std::size_t i = 0; i < header.dim.size(); ++i)
    header.dim[i] = fields.at<std::int16_t>(40 + 2 * i);
  header.datatype = fields.at<std::int16_t>(70);
  header.bitpix = fields.at<std::int16_t>(72);
  header.vox_offset = fields.at<float>(108);
  header.scl_slope = finite_or_unset(fields.at<float>(112));
  header.scl_inter = finite_or_unset(fields.at<float>(116));
  return header;
}

Header header_of_2(const Fields& fields) {
  Header header;
  header.size = header_2;
  header.datatype = fields.at<std::int16_t>(12);
  header.bitpix = fields.at<std::int16_t>(14);
  for (std::size_t i = 0; i < header.dim.size(); ++i)
    header.dim[i] = fields.at<std::int64_t>(16 + 8 * i);
  // Offsets beyond 2^53 are not exact as a double, and refused as too large.
  header.vox_offset = static_cast<double>(fields.at<std::int64_t>(168));
  header.scl_slope = finite_or_unset(fields.at<double>(176));
  header.scl_inter = finite_or_unset(fields.at<double>(184));
  return header;
}

void check_magic(std::string_view magic, std::string_view wanted) {
  if (magic == wanted) return;
  if (magic.substr(0, 2) == "ni")
    refuse("magic", "says that the numbers are in an .img file of their own");
  refuse("magic", "is not that of NIfTI");
}

Header read_header(std::string_view bytes) {
  if (bytes.size() < sizeof(std::int32_t))
    refuse("sizeof_hdr", "is missing: the file is empty or cut short");
  const auto stated = Fields(bytes, false).at<std::int32_t>(0);
  const bool swap = stated != header_1 && stated != header_2;
  const std::int32_t size = swap ? swapped(stated) : stated;
  if (size != header_1 && size != header_2)
    refuse("sizeof_hdr", fmt::format("is {}, which is neither 348 (NIfTI-1) "
                                     "nor 540 (NIfTI-2)",
                                     stated));
  if (bytes.size() < static_cast<std::size_t>(size))
    refuse("header",
           fmt::format("is cut short: {} of {} bytes", bytes.size(), size));

  using namespace std::string_view_literals;
  const Fields fields(bytes, swap);
  if (size == header_1)
    check_magic(bytes.substr(344, 4), "n+1\0"sv);
  else
    check_magic(bytes.substr(4, 8), "n+2\0\r\n\x1a\n"sv);
  Header header = size == header_1 ? header_of_1(fields) : header_of_2(fields);
  header.swap = swap;
  return header;
}

/// How one datatype is stored, and how it is turned into floats.
struct Format {
  int datatype;
  std::size_t bytes;
  void (*read)(std::string_view from, const Header& header,
               std::span<float> to);
};

/// An unset slope (zero) means that numbers are as they are stored.
bool is_scaled(const Header& header) {
  return header.scl_slope != 0 &&
         (header.scl_slope != 1 || header.scl_inter != 0);
}

template <class Number>
void read_numbers(std::string_view from, const Header& header,
                  std::span<float> to) {
  const Fields fields(from, header.swap);
  const bool scaled = is_scaled(header);
  for (std::size_t i = 0; i < to.size(); ++i) {
    const auto number = fields.at<Number>(i * sizeof(Number));
    to[i] = static_cast<float>(
        scaled
            ? static_cast<double>(number) * header.scl_slope + header.scl_inter
            : static_cast<double>(number));
  }
}

template <class Number>
constexpr Format stored_as(int datatype) {
  return {datatype, sizeof(Number), &read_numbers<Number>};
}

constexpr std::array formats{
    stored_as<std::uint8_t>(2),    stored_as<std::int16_t>(4),
    stored_as<std::int32_t>(8),    stored_as<float>(16),
    stored_as<double>(64),         stored_as<std::int8_t>(256),
    stored_as<std::uint16_t>(512), stored_as<std::uint32_t>(768),
    stored_as<std::int64_t>(1024), stored_as<std::uint64_t>(1280)};

const Format& format_of(const Header& header) {
  const auto format =
      std::ranges::find(formats, header.datatype, &Format::datatype);
  if (format == formats.end())
    refuse("datatype",
           fmt::format("is {}, which is no integer of 8 to 64 bits and no "
                       "float of 32 or 64",
                       header.datatype));
  if (header.bitpix != static_cast<int>(8 * format->bytes))
    refuse("bitpix",
           fmt::format("is {}, but datatype {} takes {}", header.bitpix,
                       header.datatype, 8 * format->bytes));
  return *format;
}

/// How many numbers there are; every axis was found sane.
std::size_t count_of(const Header& header) {
  const std::int64_t axes = header.dim[0];
  if (axes < 1 || axes > 7)
    refuse("dim[0]", fmt::format("is {}: there are 1 to 7 axes", axes));
  constexpr std::uint64_t most = max_scan / sizeof(float);
  std::uint64_t count = 1;
  for (std::size_t i = 1; i <= static_cast<std::size_t>(axes); ++i) {
    const std::int64_t length = header.dim[i];
    if (length < 1)
      refuse(fmt::format("dim[{}]", i),
             fmt::format("is {}: no axis is shorter than 1", length));
    if (static_cast<std::uint64_t>(length) > most / count)
      refuse(fmt::format("dim[{}]", i),
             fmt::format("is {}: with the axes before it that makes more than "
                         "1 GiB of numbers",
                         length));
    count *= static_cast<std::uint64_t>(length);
  }
  return static_cast<std::size_t>(count);
}

/// Where the numbers begin: behind the header and four bytes that announce
/// extensions.
std::size_t start_of(const Header& header) {
  const auto least = static_cast<double>(header.size + 4);
  const double start = header.vox_offset;
  if (!(start >= least) || start > static_cast<double>(max_scan) ||
      start != std::floor(start))
    refuse("vox_offset",
           fmt::format("is {}: the numbers of this file begin at a whole byte "
                       "from {} to 1 GiB",
                       start, least));
  return static_cast<std::size_t>(start);
}

/// Where the numbers are and what they are, all of it checked but whether
/// that many bytes are there.
struct Layout {
  const Format* format;
  std::size_t start, count;

  std::size_t end() const { return start + count * format->bytes; }
};

Layout layout_of(const Header& header) {
  const Format& format = format_of(header);
  const Layout layout{&format, start_of(header), count_of(header)};
  if (layout.count > max_scan / format.bytes)
    refuse("dim", "makes more than 1 GiB of numbers");
  return layout;
}

Scan read_scan(std::string_view bytes, const Header& header,
               const Layout& layout) {
  if (bytes.size() != layout.end())
    refuse("length", fmt::format("is {} bytes, but vox_offset, dim and "
                                 "datatype make {}",
                                 bytes.size(), layout.end()));
  Scan scan;
  const auto axes = static_cast<std::size_t>(header.dim[0]);
  for (std::size_t i = 1; i <= axes; ++i)
    if (header.dim[i] > 1)
      scan.shape.push_back(static_cast<std::size_t>(header.dim[i]));
  scan.data.resize(layout.count);
  layout.format->read(bytes.substr(layout.start), header, scan.data);
  return scan;
}

/// No more is unpacked than the header says there is.
Scan read_packed(std::string_view packed) {
  Gunzip file(packed);
  std::string bytes;
  file.read_up_to(header_2, bytes);
  const Header header = read_header(bytes);
  const Layout layout = layout_of(header);
  file.read_up_to(layout.end(), bytes);
  if (bytes.size() == layout.end() && !file.at_end())
    refuse("length", fmt::format("is more than the {} bytes that vox_offset, "
                                 "dim and datatype make",
                                 layout.end()));
  return read_scan(bytes, header, layout);
}

}  // namespace

Scan parse_scan(std::string_view bytes) {
  if (is_gzip(bytes)) return read_packed(bytes);
  const Header header = read_header(bytes);
  return read_scan(bytes, header, layout_of(header));
}

Matrix matrix_of(const Scan& scan) {
  Matrix matrix;
  matrix.rows = scan.shape.empty() ? 1 : scan.shape.front();
  matrix.columns = scan.data.size() / matrix.rows;
  matrix.values.reserve(scan.data.size());
  for (std::size_t row = 0; row < matrix.rows; ++row)
    for (std::size_t column = 0; column < matrix.columns; ++column)
      matrix.values.push_back(scan.data[row + matrix.rows * column]);
  return matrix;
}

std::string scan_work(const Item& /*item*/, std::string_view body) {
  return encode_matrix(matrix_of(parse_scan(body)));
}

}  // namespace interleave
