#include <cstring>
#include <stdexcept>

#include "common/digest.hpp"
#include "common/wire.hpp"
#include "tests/fuzz/promises.hpp"

namespace interleave::fuzz {

namespace {

/// A frame with this payload whose digest is right: what a bug in the writer,
/// and not on the way, would look like.
std::string forged(std::string_view payload) {
  const FrameHeader header{frame_magic, payload.size(), digest(payload)};
  std::string bytes(sizeof header, '\0');
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes.append(payload);
}

/// Whether the frame was accepted; then it must be what writing it makes.
void check_frame(std::string_view bytes) {
  Message parcel;
  try {
    parcel = parse_frame(bytes);
  } catch (const std::runtime_error& error) {
    require(std::string_view(error.what()).starts_with("damaged frame: "),
            "a refusal says that a frame is damaged");
    return;
  }
  require(frame_size(bytes) == bytes.size(), "a frame is as long as it says");
  std::string again;
  append_frame(again, parcel);
  require(again == bytes, "a frame is written as it was read");
}

}  // namespace

void frame(std::string_view bytes) {
  try {
    const std::size_t size = frame_size(bytes);
    require((size == 0) == (bytes.size() < sizeof(FrameHeader)),
            "the size is known as soon as the header is whole");
    require(size <= sizeof(FrameHeader) + max_frame, "a frame has a bound");
  } catch (const std::runtime_error&) {
    require(bytes.size() >= sizeof(FrameHeader),
            "nothing is refused before the header is whole");
  }
  check_frame(bytes);
  check_frame(forged(bytes));
}

}  // namespace interleave::fuzz
