// Results as bytes: how they cross a process boundary.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/limit_log.hpp"
#include "common/result.hpp"

namespace interleave {

/// What crosses: an item's index, and what is known of it so far.
struct Message {
  Message() = default;
  Message(std::size_t index, Download so_far)
      : i(index), download(std::move(so_far)) {}
  explicit Message(std::size_t index) : i(index) {}

  std::size_t i = 0;
  Download download;
};

/// A frame: magic, length of what follows the header, its digest.
struct FrameHeader {
  std::uint64_t magic;
  std::uint64_t length;
  std::uint64_t digest;
};
inline constexpr std::uint64_t frame_magic = 0x6c746e69;  // "intl"

/// The longest payload accepted, in bytes: a larger length is taken for
/// damage. No body comes near it: Options::max_body is what bounds those.
inline constexpr std::uint64_t max_frame = std::uint64_t{1} << 40;

/// Appends `parcel` to `bytes` as one frame. Throws std::length_error when it
/// is longer than max_frame.
void append_frame(std::string& bytes, const Message& parcel);

/// How many bytes the frame that starts here takes, header included, or 0
/// when the header is not whole yet. Throws std::runtime_error on damage.
std::size_t frame_size(std::string_view bytes);

/// Makes room in `bytes` for a frame of which frame_size() said `size`, so that
/// a large one is not copied each time it grows; 0 asks for none. No more than
/// 2 GiB at once: the length may be damaged.
void reserve_frame(std::string& bytes, std::size_t size);

/// The parcel of one whole frame. Throws std::runtime_error on damage: a wrong
/// digest, a field that runs over the end, bytes left over.
Message parse_frame(std::string_view frame);

/// Appends `steps` as they lie in memory, for a reader on this machine that
/// knows how many there are.
void append_steps(std::string& bytes, std::span<const LimitStep> steps);

/// Takes `count` steps off the front of `bytes`. Throws std::runtime_error when
/// they are not all there.
std::vector<LimitStep> take_steps(std::string_view& bytes, std::size_t count);

}  // namespace interleave
