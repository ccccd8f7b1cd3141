#include "bench/origin/reply.hpp"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <iterator>

#include "bench/origin/fault.hpp"

namespace interleave::origin {

std::string_view phrase(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 204:
      return "No Content";
    case 302:
      return "Found";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Error";
  }
}

void append_head(std::string& out, const Head& head) {
  auto end = std::back_inserter(out);
  fmt::format_to(end, FMT_COMPILE("HTTP/1.1 {} {}\r\nServer: interleave\r\n"),
                 head.status, phrase(head.status));
  if (head.status != 204)  // which has no body, and must not announce one
    fmt::format_to(end,
                   FMT_COMPILE("Content-Type: {}\r\nContent-Length: {}\r\n"),
                   head.type, head.length);
  if (!head.allow.empty())
    fmt::format_to(end, FMT_COMPILE("Allow: {}\r\n"), head.allow);
  // Seconds for every client, and the same in milliseconds for who reads that;
  // rounded up, so that nobody is sent back too early.
  if (head.retry_after > std::chrono::nanoseconds::zero())
    fmt::format_to(
        end, FMT_COMPILE("Retry-After: {}\r\nRetry-After-Ms: {}\r\n"),
        std::chrono::ceil<std::chrono::seconds>(head.retry_after).count(),
        std::chrono::ceil<std::chrono::milliseconds>(head.retry_after).count());
  out += head.keep_alive ? "\r\n" : "Connection: close\r\n\r\n";
}

std::string index_text() {
  std::string text =
      R"(The origin of Interleave: chosen bytes after a chosen wait.

GET  /items/17?bytes=10966&wait=89ms&seed=1
     Item 17. Every parameter may be left out: bytes=1024, wait=0, seed=1.
       bytes  length of the body, up to 1GiB
       wait   89ms, or 10ms..50ms (even), or tail:50ms (long tail, median 50ms)
       seed   chooses the bytes, and the waits of 10ms..50ms and tail:50ms
HEAD the same   the same head after the same wait
PUT  the same   takes a body, up to 256MiB; says its length and digest
GET  /images/17?seed=1&width=256&height=256&wait=0
     A PNG; its edges are up to 2048 pixels long.
PUT  /images/17/small?seed=1&width=256&height=256&edge=128&wait=0
     Takes the same image, shrunk so that no edge is longer than 128 pixels:
     201 when it is exactly that, 422 and the reason when it is not.
GET  /api/books?bibkeys=ISBN:0123456789&format=json&seed=1&hits=0.5&wait=0
     A look-up in a catalogue that has a share of hits of all numbers: {} when
     the number is not in it.
GET  /gated/17  as /items/17, held until it is released (tests only)
GET  /stats     requests, connections, requests in flight, bytes, CPU, uploads
                that were verified; the most there were at once; with a
                capacity (`interleave serve --slots 8`): refusals by status,
                requests that waited, and for how long
DELETE /stats   starts counting from zero
GET  /fault/KIND?id=17&bytes=10966&wait=89ms&seed=1
     What spoils item 17, after its wait; bytes is at least 2. PUT takes a body
     first. KIND is one of these, and [what a client should say to it]:
)";
  for (const Fault& fault : faults())
    fmt::format_to(std::back_inserter(text), "       {:<20} {} [{}]\n",
                   fault.name, fault.summary,
                   fault.error == ErrorKind::none ? "nothing is wrong"
                                                  : to_string(fault.error));
  return text;
}

}  // namespace interleave::origin
