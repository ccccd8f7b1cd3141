// A matrix of numbers, as bytes and as part of a larger one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace interleave {

/// Invariant: `values` holds rows * columns numbers, row by row.
struct Matrix {
  std::size_t rows = 0, columns = 0;
  std::vector<float> values;

  bool operator==(const Matrix&) const = default;
};

/// As a worker's output: both sides of a fork are one program, so the numbers
/// cross in the layout of this machine.
std::string encode_matrix(const Matrix& matrix);

/// Reads encode_matrix() back. Throws std::runtime_error when the bytes are
/// not as many as the shape says.
Matrix decode_matrix(std::string_view bytes);

/// The matrices of several encoded outputs, one below the other in the order
/// given; no outputs make an empty matrix. Throws std::runtime_error that
/// names the first one whose number of columns differs from the first.
Matrix concatenate(std::span<const std::string_view> outputs);

/// `(8, 20)`: rows, then columns.
std::string shape_of(const Matrix& matrix);

/// The same for the same shape and the same numbers, bit by bit.
std::uint64_t digest_of(const Matrix& matrix);

}  // namespace interleave
