#include "bench/experiments/work/scan.hpp"

#include <zlib.h>

#include <optional>
#include <stdexcept>

#include "bench/experiments/work/gunzip.hpp"
#include "tests/fuzz/promises.hpp"

namespace interleave::fuzz {

namespace {

std::string gzipped(std::string_view bytes) {
  z_stream stream{};
  require(deflateInit2(&stream, 1, Z_DEFLATED, 16 + 9, 1, Z_FIXED) == Z_OK,
          "there is memory for the test itself");
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

std::optional<Scan> accepted_scan(std::string_view bytes) {
  try {
    return parse_scan(bytes);
  } catch (const std::runtime_error& error) {
    const std::string_view text = error.what();
    require(is_printable(text), "a refusal is printable");
    require(text.starts_with("scan: ") || text.starts_with("gzip: "),
            "a refusal says what it is about");
    return std::nullopt;
  }
}

void check_scan(const Scan& scan) {
  std::size_t count = 1;
  for (const std::size_t length : scan.shape) {
    require(length > 1, "axes of length one are left out");
    require(length <= max_scan / count, "a scan has a bound");
    count *= length;
  }
  require(scan.shape.size() <= 7, "there are at most seven axes");
  require(scan.data.size() == count, "there are as many numbers as the shape");
  const Matrix matrix = matrix_of(scan);
  require(matrix.rows * matrix.columns == count, "a matrix holds all of them");
  const std::string encoded = encode_matrix(matrix);
  require(encode_matrix(decode_matrix(encoded)) == encoded,
          "a matrix is read back as it was written");
}

void check_matrix(std::string_view bytes) {
  try {
    const std::string_view both[] = {bytes, bytes};
    const Matrix one = decode_matrix(bytes), two = concatenate(both);
    require(encode_matrix(one) == bytes, "a matrix is written as it was read");
    require(two.rows == 2 * one.rows && two.columns == one.columns,
            "a matrix below itself has twice the rows");
  } catch (const std::runtime_error& error) {
    require(std::string_view(error.what()).starts_with("matrix: "),
            "a refusal says what it is about");
  }
}

}  // namespace

void scan(std::string_view bytes) {
  check_matrix(bytes);
  const std::optional<Scan> plain = accepted_scan(bytes);
  if (plain) check_scan(*plain);
  if (is_gzip(bytes)) return;

  const std::optional<Scan> packed = accepted_scan(gzipped(bytes));
  require(packed.has_value() == plain.has_value(),
          "packing decides nothing about acceptance");
  if (!plain) return;
  require(encode_matrix(matrix_of(*packed)) == encode_matrix(matrix_of(*plain)),
          "packing changes no number");
}

}  // namespace interleave::fuzz
