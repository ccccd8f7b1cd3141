// Reads the head of an HTTP/1.1 request, and nothing else: no input, no output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace interleave::origin {

/// Bytes, the line's own CRLF included.
inline constexpr std::size_t max_request_line = 8 * 1024;
/// Bytes of all header lines, the empty one that ends them included.
inline constexpr std::size_t max_headers = 16 * 1024;
/// Bytes of a body that a request may announce.
inline constexpr std::uint64_t max_upload = std::uint64_t{256} << 20;

/// The views point into the buffer that was parsed.
struct Request {
  std::string_view method;  ///< a token; whether it is served is not decided
  std::string_view target;  ///< starts with '/', visible ASCII only
  bool keep_alive = false;
  bool expect_continue = false;
  std::uint64_t content_length = 0;  ///< up to max_upload
};

struct Parsed {
  enum class State { need_more, complete, error };

  State state = State::need_more;
  Request request;           ///< when complete
  std::size_t consumed = 0;  ///< bytes of the head, when complete
  int status = 0;            ///< the status to answer, on error
  std::string_view reason;   ///< what is wrong, a literal, on error
};

/// Strict on purpose: what could be understood in two ways is an error. A
/// line ends in CRLF and holds no other CR or LF and no NUL; a header is not
/// folded; Content-Length occurs once, in digits; Host occurs exactly once in
/// HTTP/1.1; Transfer-Encoding is answered with 501.
///
/// After need_more, call again with the same bytes and more behind them; what
/// was looked at is not looked at again. After complete, the next call starts
/// a new head. After an error, do not call again: nothing that follows can be
/// trusted.
class RequestParser {
 public:
  Parsed parse(std::string_view buffer);

 private:
  std::size_t scanned_ = 0;     // checked so far
  std::size_t line_ = 0;        // where the current line begins
  std::size_t first_line_ = 0;  // length of the request line, once known
};

}  // namespace interleave::origin
