#include "bench/experiments/work/matrix.hpp"

#include <fmt/format.h>

#include <cstring>
#include <stdexcept>

#include "common/digest.hpp"

namespace interleave {

namespace {

/// What the bytes begin with.
struct Shape {
  std::uint64_t rows = 0, columns = 0;
};

/// Whether `bytes` are what rows * columns numbers take. The product may not
/// fit 64 bits, hence the divisions.
bool fits(const Shape& shape, std::size_t bytes) {
  if (bytes % sizeof(float) != 0) return false;
  const std::size_t count = bytes / sizeof(float);
  if (shape.rows == 0 || shape.columns == 0) return count == 0;
  return count % shape.rows == 0 && count / shape.rows == shape.columns;
}

}  // namespace

std::string encode_matrix(const Matrix& matrix) {
  const Shape shape{matrix.rows, matrix.columns};
  const std::size_t size = matrix.values.size() * sizeof(float);
  std::string bytes(sizeof shape + size, '\0');
  std::memcpy(bytes.data(), &shape, sizeof shape);
  if (size > 0)
    std::memcpy(bytes.data() + sizeof shape, matrix.values.data(), size);
  return bytes;
}

Matrix decode_matrix(std::string_view bytes) {
  Shape shape;
  if (bytes.size() < sizeof shape)
    throw std::runtime_error("matrix: its shape is cut short");
  std::memcpy(&shape, bytes.data(), sizeof shape);
  bytes.remove_prefix(sizeof shape);
  if (!fits(shape, bytes.size()))
    throw std::runtime_error(
        fmt::format("matrix: {} bytes of numbers are not {} rows of {}",
                    bytes.size(), shape.rows, shape.columns));

  Matrix matrix{shape.rows, shape.columns,
                std::vector<float>(bytes.size() / sizeof(float))};
  if (!bytes.empty())
    std::memcpy(matrix.values.data(), bytes.data(), bytes.size());
  return matrix;
}

Matrix concatenate(std::span<const std::string_view> outputs) {
  Matrix all;
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Matrix part = decode_matrix(outputs[i]);
    if (i == 0) all.columns = part.columns;
    if (part.columns != all.columns)
      throw std::runtime_error(
          fmt::format("matrix: output {} has {} columns, the first one {}",
                      i + 1, part.columns, all.columns));
    all.values.insert(all.values.end(), part.values.begin(), part.values.end());
    all.rows += part.rows;
  }
  return all;
}

std::string shape_of(const Matrix& matrix) {
  return fmt::format("({}, {})", matrix.rows, matrix.columns);
}

std::uint64_t digest_of(const Matrix& matrix) {
  return digest(encode_matrix(matrix));
}

}  // namespace interleave
