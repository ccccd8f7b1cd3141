// The heads of the origin's replies, and its fixed texts.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace interleave::origin {

inline constexpr std::string_view item_type = "text/plain; charset=us-ascii";
inline constexpr std::string_view text_type = "text/plain; charset=utf-8";
inline constexpr std::string_view png_type = "image/png";
inline constexpr std::string_view json_type = "application/json";

struct Head {
  int status = 200;
  std::string_view type = text_type;
  std::uint64_t length = 0;
  bool keep_alive = true;
  std::string_view allow;  ///< the methods, for status 405
  /// How long to wait before asking again, for 429 and 503; zero: not said.
  std::chrono::nanoseconds retry_after{};
};

/// The reason phrase of a status.
std::string_view phrase(int status);

/// Appends a whole head, the empty line included. There is no Date: equal
/// requests have equal replies, and nobody caches them.
void append_head(std::string& out, const Head& head);

/// What `/` says.
std::string index_text();

}  // namespace interleave::origin
