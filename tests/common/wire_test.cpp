#include "common/wire.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <stdexcept>

#include "common/digest.hpp"

namespace interleave {
namespace {

using namespace std::chrono_literals;

Message full_parcel() {
  Result result;
  result.status = Status::failed;
  result.error = {ErrorKind::truncated, "truncated: 5 of 10 bytes"};
  result.queued = Clock::time_point(1ms);
  result.started = Clock::time_point(2ms);
  result.downloaded = Clock::time_point(3ms);
  result.processing = Clock::time_point(4ms);
  result.finished = Clock::time_point(5ms);
  result.downloaded_on = {11, 12};
  result.processed_on = {13, 14};
  result.bytes = 5;
  result.digest = 0x1234;
  result.output = std::string("a\0b", 3);
  result.attempts.add({Clock::time_point(2ms), Clock::time_point(3ms), 7ms, 429,
                       Request::download});
  result.attempts.add({Clock::time_point(9ms), Clock::time_point(10ms), 0ms, 0,
                       Request::follow_up});
  Message parcel(42, Download(result));
  parcel.download.body = std::string(100'000, 'x');
  return parcel;
}

std::string frame_of(const Message& parcel) {
  std::string bytes;
  append_frame(bytes, parcel);
  return bytes;
}

TEST(Wire, CarriesEveryField) {
  const Message sent = full_parcel();
  const Message got = parse_frame(frame_of(sent));
  const Result &a = sent.download.result, &b = got.download.result;
  EXPECT_EQ(got.i, sent.i);
  EXPECT_EQ(b.status, a.status);
  EXPECT_EQ(b.error, a.error);
  EXPECT_EQ(b.queued, a.queued);
  EXPECT_EQ(b.started, a.started);
  EXPECT_EQ(b.downloaded, a.downloaded);
  EXPECT_EQ(b.processing, a.processing);
  EXPECT_EQ(b.finished, a.finished);
  EXPECT_EQ(b.downloaded_on, a.downloaded_on);
  EXPECT_EQ(b.processed_on, a.processed_on);
  EXPECT_EQ(b.bytes, a.bytes);
  EXPECT_EQ(b.digest, a.digest);
  EXPECT_EQ(b.output, a.output);
  EXPECT_TRUE(std::ranges::equal(b.attempts.all(), a.attempts.all()));
  EXPECT_EQ(got.download.body, sent.download.body);
}

TEST(Wire, FramesFollowOneAnother) {
  std::string bytes = frame_of(Message(1));
  append_frame(bytes, Message(2));
  const std::size_t first = frame_size(bytes);
  EXPECT_EQ(parse_frame(std::string_view(bytes).substr(0, first)).i, 1u);
  EXPECT_EQ(parse_frame(std::string_view(bytes).substr(first)).i, 2u);
}

TEST(Wire, AnIncompleteHeaderHasNoSizeYet) {
  const std::string frame = frame_of(Message(7));
  for (std::size_t size = 0; size < sizeof(FrameHeader); ++size)
    EXPECT_EQ(frame_size(std::string_view(frame).substr(0, size)), 0u);
  EXPECT_EQ(frame_size(std::string_view(frame).substr(0, sizeof(FrameHeader))),
            frame.size());
}

TEST(Wire, NoticesEveryFlippedBit) {
  const std::string frame = frame_of(Message(7));
  for (std::size_t bit = 0; bit < 8 * frame.size(); ++bit) {
    std::string damaged = frame;
    damaged[bit / 8] = static_cast<char>(damaged[bit / 8] ^ (1 << bit % 8));
    EXPECT_THROW(parse_frame(damaged), std::runtime_error) << "bit " << bit;
  }
}

TEST(Wire, NoticesAFrameCutShort) {
  const std::string frame = frame_of(full_parcel());
  for (std::size_t size : {std::size_t{0}, std::size_t{3}, sizeof(FrameHeader),
                           frame.size() / 2, frame.size() - 1})
    EXPECT_THROW(parse_frame(std::string_view(frame).substr(0, size)),
                 std::runtime_error);
}

/// The header of a frame whose payload has `length` bytes.
std::string header_of(std::uint64_t length) {
  const FrameHeader header{frame_magic, length, 0};
  return {reinterpret_cast<const char*>(&header), sizeof header};
}

// A body of 1 GiB, the longest that the origin sends, was too long to cross.
TEST(Wire, HasRoomForEveryBodyThatMayBeAskedFor) {
  constexpr std::uint64_t gib = std::uint64_t{1} << 30;
  for (const std::uint64_t length : {gib, gib + 1000, 5 * gib})
    EXPECT_EQ(frame_size(header_of(length)), sizeof(FrameHeader) + length);
}

TEST(Wire, RefusesALengthThatMakesNoSense) {
  EXPECT_THROW(frame_size(header_of(max_frame + 1)), std::runtime_error);
}

/// A frame whose digest is right but whose payload was made by somebody else.
std::string forged(std::string payload) {
  const FrameHeader header{frame_magic, payload.size(), digest(payload)};
  return std::string(reinterpret_cast<const char*>(&header), sizeof header) +
         payload;
}

TEST(Wire, RefusesFieldsThatRunOverTheEnd) {
  const std::string payload = frame_of(Message(7)).substr(sizeof(FrameHeader));
  EXPECT_NO_THROW(parse_frame(forged(payload)));
  for (std::size_t size = 0; size < payload.size(); ++size)
    EXPECT_THROW(parse_frame(forged(payload.substr(0, size))),
                 std::runtime_error);
  EXPECT_THROW(parse_frame(forged(payload + "x")), std::runtime_error);
}

TEST(Wire, RefusesAnUnknownStatus) {
  std::string payload = frame_of(Message(7)).substr(sizeof(FrameHeader));
  payload[sizeof(std::size_t)] = 99;  // the field after the index
  EXPECT_THROW(parse_frame(forged(payload)), std::runtime_error);
}

TEST(Wire, RefusesAnUnknownRequest) {
  Message parcel(7);
  parcel.download.result.attempts.add({});
  std::string payload = frame_of(parcel).substr(sizeof(FrameHeader));
  EXPECT_NO_THROW(parse_frame(forged(payload)));
  // The last field of the attempt; the body's length follows.
  payload[payload.size() - sizeof(std::uint64_t) - 1] = 2;
  EXPECT_THROW(parse_frame(forged(payload)), std::runtime_error);
}

}  // namespace
}  // namespace interleave
