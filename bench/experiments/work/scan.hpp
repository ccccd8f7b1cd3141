// Brain scans: NIfTI files, written and read in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/experiments/work/matrix.hpp"
#include "common/item.hpp"

namespace interleave {

/// The most bytes of numbers accepted, as the file holds them and as floats:
/// more than an hour of a scan at the usual resolution.
inline constexpr std::uint64_t max_scan = std::uint64_t{1} << 30;

/// Invariants: `shape` has no axis of length 1 and none of length 0, and
/// `data` holds as many numbers as the product of its axes says (one number
/// when there is none). As in the file, the first axis varies fastest.
struct Scan {
  std::vector<std::size_t> shape;
  std::vector<float> data;
};

/// A small file with a known content.
struct ScanSettings {
  std::uint64_t seed = 1;
  std::uint64_t id = 0;
  std::size_t rows = 8;      ///< moments in time, 1 to 10,000
  std::size_t columns = 20;  ///< places in the brain, 1 to 100,000
};

/// A `.dtseries.nii` as the Human Connectome Project writes them: NIfTI-2, a
/// CIFTI-2 extension that says what the axes are, 32 bit floats from -1 to 1.
/// The same bytes for the same settings. Throws std::invalid_argument.
std::string write_scan(const ScanSettings& settings);

/// Reads a `.nii` or `.nii.gz` file: NIfTI-1 or NIfTI-2, either byte order,
/// integers of 8 to 64 bits and floats of 32 and 64, scaled by scl_slope and
/// scl_inter: not at all when the slope is zero or not finite, and an intercept
/// that is not finite is zero. Axes of length 1 are left out. Throws
/// std::runtime_error that names the field which makes no sense, and allocates
/// nothing for it.
Scan parse_scan(std::string_view bytes);

/// The first axis as rows, all others together as columns.
Matrix matrix_of(const Scan& scan);

/// ProcessFn: the scan in `body` as an encoded matrix (decode_matrix()).
std::string scan_work(const Item& item, std::string_view body);

}  // namespace interleave
