#include "bench/origin/request.hpp"

#include <algorithm>
#include <charconv>

namespace interleave::origin {

namespace {

constexpr std::string_view token_symbols = "!#$%&'*+-.^_`|~";

bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9') ||
           token_symbols.find(c) != token_symbols.npos;
  });
}

bool is_visible(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c > ' ' && c <= '~'; });
}

/// Header values may hold tabs and bytes above ASCII, but no control bytes.
bool is_value(std::string_view text) {
  return std::ranges::all_of(text, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= ' ' && byte != 0x7f);
  });
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same(std::string_view text, std::string_view lower_case) {
  return std::ranges::equal(text, lower_case, {}, lower);
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view blank = " \t";
  const std::size_t first = text.find_first_not_of(blank);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

/// Carries the status out of the nested readers.
struct Refused {
  int status = 0;
  std::string_view reason;

  explicit operator bool() const { return status != 0; }
};

/// Reads one complete head; the caller has checked how its lines end.
class HeadReader {
 public:
  Refused read(std::string_view head) {
    std::size_t end = head.find("\r\n");
    if (Refused refused = request_line(head.substr(0, end))) return refused;
    for (head.remove_prefix(end + 2); head != "\r\n";
         head.remove_prefix(end + 2)) {
      end = head.find("\r\n");
      if (Refused refused = header(head.substr(0, end))) return refused;
    }
    return finish();
  }

  const Request& request() const { return request_; }

 private:
  Refused request_line(std::string_view line);
  Refused header(std::string_view line);
  Refused content_length(std::string_view value);
  void connection(std::string_view value);
  Refused finish();

  Request request_;
  bool http_1_0_ = false;
  bool close_ = false;
  bool has_length_ = false;
  bool has_encoding_ = false;
  bool strange_expectation_ = false;
  int hosts_ = 0;
};

Refused HeadReader::request_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == line.npos || first == last)
    return {400, "a request line is: method, target, version"};
  request_.method = line.substr(0, first);
  request_.target = line.substr(first + 1, last - first - 1);
  const std::string_view version = line.substr(last + 1);

  if (!is_token(request_.method)) return {400, "the method is not a token"};
  if (!request_.target.starts_with('/'))
    return {400, "the target does not start with /"};
  if (!is_visible(request_.target))
    return {400, "the target has bytes that are not visible ASCII"};
  if (version == "HTTP/1.1") return {};
  http_1_0_ = version == "HTTP/1.0";
  if (http_1_0_) return {};
  if (version.starts_with("HTTP/") && version.size() == 8)
    return {505, "this server speaks HTTP/1.1 and HTTP/1.0"};
  return {400, "the version is not HTTP/1.1"};
}

Refused HeadReader::header(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == line.npos) return {400, "a header line has no colon"};
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trim(line.substr(colon + 1));
  // Also catches folded lines, and a blank between name and colon.
  if (!is_token(name)) return {400, "a header's name is not a token"};
  if (!is_value(value)) return {400, "a header's value has control bytes"};

  if (same(name, "content-length")) return content_length(value);
  if (same(name, "host")) ++hosts_;
  if (same(name, "transfer-encoding")) has_encoding_ = true;
  if (same(name, "connection")) connection(value);
  if (same(name, "expect")) {
    request_.expect_continue = same(value, "100-continue");
    strange_expectation_ |= !request_.expect_continue;
  }
  return {};
}

Refused HeadReader::content_length(std::string_view value) {
  if (has_length_) return {400, "Content-Length is given twice"};
  has_length_ = true;
  const char* end = value.data() + value.size();
  const auto [stop, error] =
      std::from_chars(value.data(), end, request_.content_length);
  if (value.empty() || error != std::errc() || stop != end)
    return {400, "Content-Length is not a number of bytes"};
  if (request_.content_length > max_upload)
    return {413, "the body is larger than 256 MiB"};
  return {};
}

void HeadReader::connection(std::string_view value) {
  while (!value.empty()) {
    const std::size_t comma = value.find(',');
    if (same(trim(value.substr(0, comma)), "close")) close_ = true;
    if (comma == value.npos) return;
    value.remove_prefix(comma + 1);
  }
}

Refused HeadReader::finish() {
  if (hosts_ > 1) return {400, "Host is given twice"};
  if (hosts_ == 0 && !http_1_0_) return {400, "HTTP/1.1 needs a Host header"};
  if (has_encoding_ && has_length_)
    return {400, "Transfer-Encoding and Content-Length exclude each other"};
  if (has_encoding_)
    return {501, "Transfer-Encoding is not served: send a Content-Length"};
  if (strange_expectation_)
    return {417,
            "the only expectation met is "
            "100-continue"};
  request_.keep_alive = !http_1_0_ && !close_;
  request_.expect_continue &= !http_1_0_ && request_.content_length > 0;
  return {};
}

Parsed failure(const Refused& refused) {
  Parsed parsed;
  parsed.state = Parsed::State::error;
  parsed.status = refused.status;
  parsed.reason = refused.reason;
  return parsed;
}

}  // namespace

Parsed RequestParser::parse(std::string_view buffer) {
  const auto too_long = [&](std::size_t size) -> Refused {
    if (first_line_ == 0 && size > max_request_line)
      return {414, "the request line is longer than 8 KiB"};
    if (first_line_ != 0 && size - first_line_ > max_headers)
      return {431, "the headers are longer than 16 KiB"};
    return {};
  };

  for (; scanned_ < buffer.size(); ++scanned_) {
    const char c = buffer[scanned_];
    if (Refused refused = too_long(scanned_ + 1)) return failure(refused);
    if (c == '\0') return failure({400, "a NUL byte"});
    const bool after_cr = scanned_ > 0 && buffer[scanned_ - 1] == '\r';
    if (after_cr != (c == '\n'))
      return failure(
          {400, "a line ends in CRLF, and only there are CR and LF"});
    if (c != '\n') continue;

    const std::size_t size = scanned_ + 1;
    const bool empty_line = size - line_ == 2;
    line_ = size;
    if (first_line_ == 0) {
      if (empty_line) return failure({400, "the request line is empty"});
      first_line_ = size;
    } else if (empty_line) {
      HeadReader reader;
      if (Refused refused = reader.read(buffer.substr(0, size)))
        return failure(refused);
      *this = RequestParser();
      return {Parsed::State::complete, reader.request(), size, 0, {}};
    }
  }
  return {};
}

}  // namespace interleave::origin
