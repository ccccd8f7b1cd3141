// What the origin answers to a request, before a byte of it is sent.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "bench/origin/content.hpp"
#include "bench/origin/fault.hpp"
#include "bench/origin/media.hpp"
#include "common/item.hpp"

namespace interleave::origin {

struct Service;

enum class Method { get, head, put, remove, other };
Method method_of(std::string_view name);

/// What is asked, and where.
struct Asked {
  Method method = Method::other;
  std::string_view target;
  std::uint64_t length = 0;  ///< of the body that comes with it
  std::string here;          ///< the address that was connected to
};

/// An item, a fault, an image or a text.
struct Answer {
  Clock::duration wait{};  ///< before it is sent
  int status = 0;
  std::string_view type;
  std::string_view allowed;  ///< methods, where this one is not
  std::string text;

  bool sends_item = false;
  bool gated = false;
  bool limited = false;           ///< takes of the server's capacity
  Clock::duration retry_after{};  ///< what a refusal says to wait, if anything
  ItemSpec item;
  std::unique_ptr<FaultyReply> faulty;
  std::shared_ptr<const std::string> image;

  bool digests_upload = false;         ///< says what was sent to it
  std::unique_ptr<UploadSpec> wanted;  ///< what an upload must turn out to be

  /// Makes it a text.
  void say(int code, std::string words, std::string_view kind);
};

/// Looks the target up. Counters are read, and reset, when they are asked for.
Answer answer_to(const Asked& asked, Service& service);

}  // namespace interleave::origin
