#include "bench/origin/request.hpp"

#include <algorithm>
#include <array>

#include "tests/fuzz/promises.hpp"

namespace interleave::fuzz {

namespace {

using origin::Parsed;
using origin::RequestParser;
using State = Parsed::State;

/// The outcome when the bytes come in parts that grow by `step`.
Parsed parse_in_parts(std::string_view bytes, std::size_t step) {
  RequestParser parser;
  for (std::size_t size = std::min(step, bytes.size());;
       size = std::min(size + step, bytes.size())) {
    const Parsed parsed = parser.parse(bytes.substr(0, size));
    if (parsed.state != State::need_more || size == bytes.size()) return parsed;
  }
}

bool same(const Parsed& a, const Parsed& b) {
  return a.state == b.state && a.consumed == b.consumed &&
         a.status == b.status && a.reason == b.reason &&
         a.request.method == b.request.method &&
         a.request.target == b.request.target &&
         a.request.keep_alive == b.request.keep_alive &&
         a.request.expect_continue == b.request.expect_continue &&
         a.request.content_length == b.request.content_length;
}

std::string written(const origin::Request& request) {
  std::string head;
  head.append(request.method).append(" ").append(request.target);
  head += " HTTP/1.1\r\nHost: h\r\n";
  if (request.content_length > 0)
    head +=
        "content-LENGTH:" + std::to_string(request.content_length) + " \r\n";
  if (request.expect_continue) head += "Expect: 100-Continue\r\n";
  if (!request.keep_alive) head += "Connection: x, Close\r\n";
  return head + "\r\n";
}

void check_request(std::string_view bytes, const Parsed& parsed) {
  const origin::Request& request = parsed.request;
  require(parsed.consumed <= bytes.size(), "a head lies in what was read");
  const std::string_view head = bytes.substr(0, parsed.consumed);
  require(head.ends_with("\r\n\r\n"), "a head ends in an empty line");
  require(head.find('\0') == head.npos, "a head holds no NUL");
  require(request.target.starts_with('/') && is_ascii(request.target) &&
              request.target.find(' ') == request.target.npos,
          "a target is visible ASCII and starts with /");
  require(!request.method.empty() && is_ascii(request.method),
          "a method is a token");
  require(request.content_length <= origin::max_upload, "a body has a bound");
  require(!request.expect_continue || request.content_length > 0,
          "only a body is waited for");

  const std::string again = written(request);
  Parsed second = RequestParser().parse(again);
  require(second.consumed == again.size(), "a request is read whole");
  second.consumed = parsed.consumed;
  require(same(second, parsed), "a request is read back as it was written");
}

}  // namespace

void request(std::string_view bytes) {
  const Parsed parsed = RequestParser().parse(bytes);
  for (const std::size_t step : {std::size_t{1}, bytes.size() / 3 + 1})
    require(same(parse_in_parts(bytes, step), parsed),
            "it does not matter in which parts a head comes");

  if (parsed.state == State::need_more)
    require(bytes.size() <= origin::max_request_line + origin::max_headers,
            "a head has a bound");
  if (parsed.state == State::complete) check_request(bytes, parsed);
  if (parsed.state == State::error) {
    constexpr std::array known{400, 413, 414, 417, 431, 501, 505};
    require(std::ranges::find(known, parsed.status) != known.end(),
            "an error has a status");
    require(!parsed.reason.empty() && is_printable(parsed.reason),
            "an error has a reason");
  }
}

}  // namespace interleave::fuzz
