#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <stdexcept>

#include "bench/experiments/work/scan.hpp"
#include "bench/origin/python_random.hpp"
#include "common/digest.hpp"

namespace interleave {

namespace {

// Fields are written in this machine's byte order, and the file says which.
static_assert(std::endian::native == std::endian::little,
              "digests of scans are those of little-endian files");

constexpr std::size_t header_size = 540, extension_flag = 4;

template <class Number>
void put(std::string& bytes, std::size_t offset, Number number) {
  std::memcpy(bytes.data() + offset, &number, sizeof number);
}

/// What the axes are, in the words of CIFTI-2: a time series of points on the
/// surface of the left half.
std::string axes_of(const ScanSettings& settings) {
  std::string vertices;
  for (std::size_t i = 0; i < settings.columns; ++i)
    vertices += fmt::format("{}{}", i == 0 ? "" : " ", i);
  return fmt::format(
      R"(<?xml version="1.0" encoding="UTF-8"?>)"
      R"(<CIFTI Version="2"><Matrix>)"
      R"(<MatrixIndicesMap AppliesToMatrixDimension="0" )"
      R"(IndicesMapToDataType="CIFTI_INDEX_TYPE_SERIES" )"
      R"(NumberOfSeriesPoints="{}" SeriesExponent="0" SeriesStart="0" )"
      R"(SeriesStep="1" SeriesUnit="SECOND"/>)"
      R"(<MatrixIndicesMap AppliesToMatrixDimension="1" )"
      R"(IndicesMapToDataType="CIFTI_INDEX_TYPE_BRAIN_MODELS">)"
      R"(<BrainModel IndexOffset="0" IndexCount="{}" )"
      R"(ModelType="CIFTI_MODEL_TYPE_SURFACE" )"
      R"(BrainStructure="CIFTI_STRUCTURE_CORTEX_LEFT" )"
      R"(SurfaceNumberOfVertices="{}">)"
      R"(<VertexIndices>{}</VertexIndices></BrainModel>)"
      R"(</MatrixIndicesMap></Matrix></CIFTI>)",
      settings.rows, settings.columns, settings.columns, vertices);
}

/// The bytes between header and numbers: extensions follow, then one of them,
/// padded to a multiple of 16.
std::string extension_of(const ScanSettings& settings) {
  constexpr std::int32_t cifti = 32;
  const std::string text = axes_of(settings);
  const std::size_t size = (8 + text.size() + 15) / 16 * 16;
  std::string bytes(extension_flag + size, '\0');
  put(bytes, 0, '\1');
  put(bytes, 4, static_cast<std::int32_t>(size));
  put(bytes, 8, cifti);
  std::ranges::copy(text, bytes.begin() + 12);
  return bytes;
}

std::string header_of(const ScanSettings& settings, std::size_t vox_offset) {
  constexpr std::int16_t float32 = 16;
  constexpr std::int32_t dense_series = 3002;
  std::string bytes(header_size, '\0');
  put(bytes, 0, static_cast<std::int32_t>(header_size));
  std::memcpy(bytes.data() + 4, "n+2\0\r\n\x1a\n", 8);
  put(bytes, 12, float32);
  put(bytes, 14, std::int16_t{32});
  const std::int64_t dim[] = {6,
                              1,
                              1,
                              1,
                              1,
                              static_cast<std::int64_t>(settings.rows),
                              static_cast<std::int64_t>(settings.columns),
                              1};
  for (std::size_t i = 0; i < std::size(dim); ++i) {
    put(bytes, 16 + 8 * i, dim[i]);
    put(bytes, 104 + 8 * i, 1.0);  // pixdim
  }
  put(bytes, 168, static_cast<std::int64_t>(vox_offset));
  put(bytes, 176, 1.0);               // scl_slope
  put(bytes, 500, std::int32_t{10});  // xyzt_units: millimetres, seconds
  put(bytes, 504, dense_series);      // intent_code
  std::memcpy(bytes.data() + 508, "ConnDenseSeries", 15);
  return bytes;
}

void check(const ScanSettings& settings) {
  if (settings.rows < 1 || settings.rows > 10'000 || settings.columns < 1 ||
      settings.columns > 100'000)
    throw std::invalid_argument(
        fmt::format("a scan of {} x {}: from 1 x 1 to 10,000 x 100,000",
                    settings.rows, settings.columns));
}

}  // namespace

std::string write_scan(const ScanSettings& settings) {
  check(settings);
  const std::string extension = extension_of(settings);
  std::string bytes = header_of(settings, header_size + extension.size());
  bytes += extension;

  PythonRandom random(
      digest(fmt::format("scan {}", settings.id), settings.seed));
  const std::size_t start = bytes.size();
  const std::size_t count = settings.rows * settings.columns;
  bytes.resize(start + count * sizeof(float));
  for (std::size_t i = 0; i < count; ++i)
    put(bytes, start + i * sizeof(float),
        static_cast<float>(random.uniform(-1, 1)));
  return bytes;
}

}  // namespace interleave
