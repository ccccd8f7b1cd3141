#include "common/wire.hpp"

#include <algorithm>
#include <cstring>
#include <stdexcept>
#include <type_traits>

#include "common/digest.hpp"

namespace interleave {

namespace {

/// Every field, in one order for both directions, as in visit().
template <class Visitor, class SomeAttempt>
void visit_attempt(Visitor& field, SomeAttempt& attempt) {
  field(attempt.sent);
  field(attempt.ended);
  field(attempt.retry_after);
  field(attempt.status);
  field(attempt.request);
}

/// Writes fields one after the other, in the layout of this machine: both ends
/// of a frame are forks of one program.
class Writer {
 public:
  explicit Writer(std::string& bytes) : bytes_(bytes) {}

  template <class Field>
  void operator()(const Field& field) {
    static_assert(std::is_trivially_copyable_v<Field>);
    bytes_.append(reinterpret_cast<const char*>(&field), sizeof field);
  }
  void operator()(const std::string& text) {
    (*this)(static_cast<std::uint64_t>(text.size()));
    bytes_.append(text);
  }
  void operator()(const AttemptList& attempts) {
    (*this)(static_cast<std::uint64_t>(attempts.all().size()));
    for (const Attempt& attempt : attempts.all()) visit_attempt(*this, attempt);
  }

 private:
  std::string& bytes_;
};

/// Reads them back, trusting nothing.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  template <class Field>
  void operator()(Field& field) {
    static_assert(std::is_trivially_copyable_v<Field>);
    std::memcpy(&field, next(sizeof field).data(), sizeof field);
  }
  void operator()(std::string& text) {
    std::uint64_t size = 0;
    (*this)(size);
    text = next(size);
  }
  void operator()(AttemptList& attempts) {
    std::uint64_t left = 0;
    for ((*this)(left); left > 0; --left) {
      Attempt attempt;
      visit_attempt(*this, attempt);
      attempts.add(attempt);
    }
  }
  bool done() const { return bytes_.empty(); }

 private:
  std::string_view next(std::uint64_t size) {
    if (size > bytes_.size())
      throw std::runtime_error("damaged frame: a field runs over its end");
    const std::string_view field = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return field;
  }

  std::string_view bytes_;
};

/// Every field, in one order for both directions.
template <class Visitor, class SomeParcel>
void visit(Visitor&& field, SomeParcel& parcel) {
  auto& [result, body] = parcel.download;
  field(parcel.i);
  field(result.status);
  field(result.error.kind);
  field(result.error.text);
  field(result.queued);
  field(result.started);
  field(result.downloaded);
  field(result.processing);
  field(result.finished);
  field(result.downloaded_on);
  field(result.processed_on);
  field(result.bytes);
  field(result.digest);
  field(result.output);
  field(result.attempts);
  field(body);
}

}  // namespace

void append_frame(std::string& bytes, const Message& parcel) {
  const std::size_t start = bytes.size();
  bytes.append(sizeof(FrameHeader), '\0');
  visit(Writer(bytes), parcel);

  const std::string_view payload =
      std::string_view(bytes).substr(start + sizeof(FrameHeader));
  if (payload.size() > max_frame) {
    bytes.resize(start);
    throw std::length_error("a result is too long to cross to the parent");
  }
  const FrameHeader header{frame_magic, payload.size(), digest(payload)};
  std::memcpy(bytes.data() + start, &header, sizeof header);
}

std::size_t frame_size(std::string_view bytes) {
  FrameHeader header;
  if (bytes.size() < sizeof header) return 0;
  std::memcpy(&header, bytes.data(), sizeof header);
  if (header.magic != frame_magic)
    throw std::runtime_error("damaged frame: it does not start as one");
  if (header.length > max_frame)
    throw std::runtime_error("damaged frame: its length makes no sense");
  return sizeof header + header.length;
}

void reserve_frame(std::string& bytes, std::size_t size) {
  constexpr std::size_t most = std::size_t{2} << 30;
  bytes.reserve(std::min(size, most));
}

Message parse_frame(std::string_view frame) {
  if (frame.size() < sizeof(FrameHeader) || frame_size(frame) != frame.size())
    throw std::runtime_error("damaged frame: not as long as it says");
  FrameHeader header;
  std::memcpy(&header, frame.data(), sizeof header);
  const std::string_view payload = frame.substr(sizeof header);
  if (digest(payload) != header.digest)
    throw std::runtime_error("damaged frame: its digest does not match");

  Message parcel;
  Reader reader(payload);
  visit(reader, parcel);
  if (!reader.done())
    throw std::runtime_error("damaged frame: bytes are left over");
  const Result& result = parcel.download.result;
  if (result.status > Status::lost || result.error.kind > ErrorKind::other ||
      std::ranges::any_of(result.attempts.all(), [](const Attempt& attempt) {
        return attempt.request > Request::follow_up;
      }))
    throw std::runtime_error("damaged frame: an unknown outcome");
  return parcel;
}

void append_steps(std::string& bytes, std::span<const LimitStep> steps) {
  static_assert(std::is_trivially_copyable_v<LimitStep>);
  bytes.append(reinterpret_cast<const char*>(steps.data()), steps.size_bytes());
}

std::vector<LimitStep> take_steps(std::string_view& bytes, std::size_t count) {
  if (count > bytes.size() / sizeof(LimitStep))
    throw std::runtime_error("the steps of a limit are not all there");
  std::vector<LimitStep> steps(count);
  const std::size_t size = count * sizeof(LimitStep);
  if (count > 0) std::memcpy(steps.data(), bytes.data(), size);
  bytes.remove_prefix(size);
  return steps;
}

}  // namespace interleave
