#include "bench/origin/fault.hpp"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "bench/origin/reply.hpp"
#include "bench/origin/server.hpp"
#include "bench/text/units.hpp"

namespace interleave::origin {

namespace {

using End = FaultyReply::End;

constexpr std::array all_faults{
    Fault{FaultKind::refused, "refused",
          "a redirect to a port that is bound, but where nobody listens",
          ErrorKind::refused, true},
    Fault{FaultKind::reset, "reset", "a connection reset before the reply",
          ErrorKind::reset, true},
    Fault{FaultKind::reset_in_body, "reset-in-body",
          "a connection reset in the middle of the body", ErrorKind::reset,
          true},
    Fault{FaultKind::closed, "closed", "a connection closed before the reply",
          ErrorKind::closed, true},
    Fault{FaultKind::truncated, "truncated",
          "half of the body that Content-Length announces",
          ErrorKind::truncated, true},
    Fault{FaultKind::truncated_chunked, "truncated-chunked",
          "half of a chunk, and no last one", ErrorKind::truncated, true},
    Fault{FaultKind::truncated_no_length, "truncated-no-length",
          "half of the body, whose length is not announced",
          ErrorKind::truncated, true},
    Fault{FaultKind::bad_chunk, "bad-chunk", "a chunk whose length is none",
          ErrorKind::protocol, true},
    Fault{FaultKind::not_http, "not-http", "a reply that is not HTTP",
          ErrorKind::protocol, true},
    Fault{FaultKind::conflicting_lengths, "conflicting-lengths",
          "two Content-Lengths that differ", ErrorKind::protocol, true},
    Fault{FaultKind::endless_headers, "endless-headers",
          "header lines without an end", ErrorKind::protocol, true},
    Fault{FaultKind::stall, "stall", "no reply", ErrorKind::timeout, false},
    Fault{FaultKind::stall_in_body, "stall-in-body",
          "half of the body, then nothing", ErrorKind::timeout, false},
    Fault{FaultKind::drip, "drip", "a body without an end, a byte every 50 ms",
          ErrorKind::timeout, false},
    Fault{FaultKind::huge, "huge", "a body without an end, at full speed",
          ErrorKind::too_large, false},
    Fault{FaultKind::bomb, "bomb",
          "gzip that nobody asked for, 512 MiB in 512 KiB",
          ErrorKind::integrity, true},
    Fault{FaultKind::corrupt, "corrupt",
          "a body of the right length with a wrong byte", ErrorKind::integrity,
          true},
    Fault{FaultKind::status, "status", "status 500, or /fault/status/404",
          ErrorKind::http, true},
    Fault{FaultKind::redirect_loop, "redirect-loop", "a redirect to itself",
          ErrorKind::redirect_loop, true},
    Fault{FaultKind::redirect_file, "redirect-file",
          "a redirect to file:", ErrorKind::scheme_denied, true},
    Fault{FaultKind::redirect_ftp, "redirect-ftp",
          "a redirect to ftp:", ErrorKind::scheme_denied, true},
    Fault{FaultKind::redirect_host, "redirect-host",
          "a redirect to the item at another host, localhost", ErrorKind::none,
          true},
    Fault{FaultKind::redirect_ok, "redirect-ok", "a redirect to the item",
          ErrorKind::none, true},
    Fault{FaultKind::closed_after, "closed-after",
          "the item, then a close that was not announced", ErrorKind::none,
          true},
    Fault{FaultKind::closed_next, "closed-next",
          "the item, and a close for an answer to the next request",
          ErrorKind::none, true},
    Fault{FaultKind::unsolicited, "unsolicited",
          "the item, and a second reply that nobody asked for", ErrorKind::none,
          true}};

/// Nobody waits for the end of what has none.
constexpr std::uint64_t endless = std::uint64_t{1} << 50;

/// Gzip streams without end: a fixed-size piece that stands for many bytes.
class Bomb {
 public:
  explicit Bomb(std::size_t least_bytes) : pieces_(least_pieces) {
    pieces_ =
        std::max<std::uint64_t>(pieces_, least_bytes / piece().size() + 1);
    // The pieces are complete deflate blocks; one that is empty and final ends
    // them. Then the sums of what they stand for, low byte first.
    end_.assign({0x03, 0x00});
    uLong sum = crc32(0, nullptr, 0), part = piece_sum();
    std::uint64_t of_part = piece_means;
    for (std::uint64_t left = pieces_; left > 0; left /= 2) {
      const auto length = static_cast<z_off_t>(of_part);
      if (left % 2) sum = crc32_combine(sum, part, length);
      part = crc32_combine(part, part, length);
      of_part *= 2;
    }
    append_number(sum);
    append_number(pieces_ * piece_means);
  }

  std::uint64_t size() const {
    return start.size() + pieces_ * piece().size() + end_.size();
  }

  void fill(std::uint64_t offset, std::span<char> part) const {
    const std::uint64_t pieces = pieces_ * piece().size();
    for (char& c : part) {
      if (offset < start.size())
        c = start[offset];
      else if (offset < start.size() + pieces)
        c = piece()[(offset - start.size()) % piece().size()];
      else
        c = end_[offset - start.size() - pieces];
      ++offset;
    }
  }

 private:
  static constexpr std::uint64_t piece_means = std::uint64_t{1} << 20;
  static constexpr std::uint64_t least_pieces = 512;
  // Magic, deflate, no flags, no time, no extra flags, an unknown system.
  static constexpr std::string_view start{"\x1f\x8b\x08\0\0\0\0\0\0\xff", 10};

  void append_number(std::uint64_t number) {
    for (int i = 0; i < 4; ++i, number >>= 8)
      end_.push_back(static_cast<char>(number & 0xff));
  }

  static const std::string& zeros() {
    static const std::string zeros(piece_means, '\0');
    return zeros;
  }
  static uLong piece_sum() {
    static const uLong sum =
        crc32(0, reinterpret_cast<const Bytef*>(zeros().data()),
              static_cast<uInt>(zeros().size()));
    return sum;
  }
  /// 1 MiB of zeros, deflated; made once, when the first client asks.
  static const std::string& piece();

  std::uint64_t pieces_;
  std::string end_;
};

const std::string& Bomb::piece() {
  static const std::string piece = [] {
    z_stream stream{};
    constexpr int raw = -MAX_WBITS;  // without a header of its own
    if (deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, raw,
                     MAX_MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc();
    std::string out(deflateBound(&stream, piece_means) + 64, '\0');
    stream.next_in =
        reinterpret_cast<Bytef*>(const_cast<char*>(zeros().data()));
    stream.avail_in = static_cast<uInt>(piece_means);
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    // A full flush: the next piece needs nothing of this one.
    deflate(&stream, Z_FULL_FLUSH);
    out.resize(out.size() - stream.avail_out);
    deflateEnd(&stream);
    return out;
  }();
  return piece;
}

/// A header line that says nothing, again and again.
constexpr std::string_view idle_line =
    "X-Endless: 0123456789abcdef0123456789abcdef0123456789abcdef012\r\n";

/// A reply that answers no request.
constexpr std::string_view stray_reply =
    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray";

const Fault& fault_of(FaultKind kind) {
  return all_faults[static_cast<std::size_t>(kind)];
}
static_assert([] {
  for (std::size_t i = 0; i < all_faults.size(); ++i)
    if (static_cast<std::size_t>(all_faults[i].kind) != i) return false;
  return true;
}());

[[noreturn]] void reject_kind(std::string_view name) {
  throw std::invalid_argument(fmt::format("no fault is called {}: there are {}",
                                          in_quotes(name), fault_names()));
}

/// A head whose end of body is whatever `framing` says.
std::string head_with(std::string_view framing, int status = 200) {
  return fmt::format(
      "HTTP/1.1 {} {}\r\nServer: interleave\r\nContent-Type: {}\r\n{}\r\n",
      status, phrase(status), item_type, framing);
}

std::string length_line(std::uint64_t bytes) {
  return fmt::format("Content-Length: {}\r\n", bytes);
}

FaultyReply redirect(std::string_view to) {
  FaultyReply reply;
  reply.head =
      head_with(fmt::format("Content-Length: 0\r\nLocation: {}\r\n", to), 302);
  reply.end = End::keep_alive;
  return reply;
}

FaultyReply part_of_body(std::string head, std::uint64_t bytes, End end) {
  FaultyReply reply;
  reply.head = std::move(head);
  reply.bytes = bytes;
  reply.end = end;
  return reply;
}

constexpr std::string_view close_line = "Connection: close\r\n";
constexpr std::string_view chunked_line = "Transfer-Encoding: chunked\r\n";

/// Where a redirect fault leads.
FaultyReply redirected(const FaultSpec& fault, const std::string& address,
                       Ports ports) {
  ItemSpec item = fault.item;
  item.wait = {};  // it has waited
  switch (fault.kind) {
    case FaultKind::refused:
      return redirect(base_url(address, ports.refused) + "/");
    case FaultKind::redirect_loop:
      return redirect(fault_path(fault));
    case FaultKind::redirect_file:
      return redirect("file:///etc/hostname");
    case FaultKind::redirect_ftp:
      return redirect(
          fmt::format("ftp{}/", base_url(address, ports.served).substr(4)));
    case FaultKind::redirect_host:
      return redirect(base_url("localhost", ports.served) + item_path(item));
    default:
      return redirect(item_path(item));
  }
}

/// A reply that ends too early, or not at all.
FaultyReply broken_off(const FaultSpec& fault) {
  const std::uint64_t whole = fault.item.bytes, half = whole / 2;
  const std::string announced = head_with(length_line(whole));
  switch (fault.kind) {
    case FaultKind::reset:
      return part_of_body("", 0, End::reset);
    case FaultKind::reset_in_body:
      return part_of_body(announced, half, End::reset);
    case FaultKind::truncated:
      return part_of_body(announced, half, End::close);
    case FaultKind::truncated_chunked:
      return part_of_body(
          head_with(chunked_line) + fmt::format("{:x}\r\n", whole), half,
          End::close);
    case FaultKind::truncated_no_length:
      return part_of_body(head_with(close_line), half, End::close);
    case FaultKind::stall:
      return part_of_body("", 0, End::silence);
    case FaultKind::stall_in_body:
      return part_of_body(announced, half, End::silence);
    case FaultKind::drip:
    case FaultKind::huge:
      return part_of_body(head_with(close_line), endless, End::close);
    default:
      return part_of_body("", 0, End::close);
  }
}

/// A whole reply with something wrong in it.
FaultyReply garbled(const FaultSpec& fault) {
  const std::uint64_t whole = fault.item.bytes, half = whole / 2;
  switch (fault.kind) {
    case FaultKind::bad_chunk:
      return part_of_body(head_with(chunked_line) + "cheese\r\n", half,
                          End::close);
    case FaultKind::conflicting_lengths:
      return part_of_body(head_with(length_line(half) + length_line(whole)),
                          whole, End::close);
    case FaultKind::endless_headers:
      return part_of_body("HTTP/1.1 200 OK\r\n", endless, End::close);
    case FaultKind::bomb: {
      const std::uint64_t bytes = Bomb(fault.item.bytes).size();
      return part_of_body(
          head_with("Content-Encoding: gzip\r\n" + length_line(bytes)), bytes,
          End::keep_alive);
    }
    case FaultKind::corrupt:
      return part_of_body(head_with(length_line(whole)), whole,
                          End::keep_alive);
    case FaultKind::status:
      return part_of_body(head_with(length_line(whole), fault.status), whole,
                          End::keep_alive);
    default:
      return part_of_body("220 this is another protocol\r\n", 0, End::close);
  }
}

/// The whole item, over a connection that is not fit for another request.
FaultyReply whole(const FaultSpec& fault) {
  const std::uint64_t bytes = fault.item.bytes;
  const std::string head = head_with(length_line(bytes));
  switch (fault.kind) {
    case FaultKind::closed_next:
      return part_of_body(head, bytes, End::close_next);
    case FaultKind::unsolicited:
      return part_of_body(head, bytes + stray_reply.size(), End::keep_alive);
    default:
      return part_of_body(head, bytes, End::close);
  }
}

FaultyReply reply_of(const FaultSpec& fault, const std::string& address,
                     Ports ports) {
  switch (fault.kind) {
    case FaultKind::refused:
    case FaultKind::redirect_loop:
    case FaultKind::redirect_file:
    case FaultKind::redirect_ftp:
    case FaultKind::redirect_host:
    case FaultKind::redirect_ok:
      return redirected(fault, address, ports);
    case FaultKind::not_http:
    case FaultKind::bad_chunk:
    case FaultKind::conflicting_lengths:
    case FaultKind::endless_headers:
    case FaultKind::bomb:
    case FaultKind::corrupt:
    case FaultKind::status:
      return garbled(fault);
    case FaultKind::closed_after:
    case FaultKind::closed_next:
    case FaultKind::unsolicited:
      return whole(fault);
    default:
      return broken_off(fault);
  }
}

}  // namespace

std::span<const Fault> faults() {
  return all_faults;
}

const Fault* find_fault(std::string_view name) {
  const auto found = std::ranges::find(all_faults, name, &Fault::name);
  return found == all_faults.end() ? nullptr : &*found;
}

std::string fault_names() {
  std::vector<std::string_view> names;
  for (const Fault& fault : all_faults) names.push_back(fault.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

FaultSpec parse_fault(std::string_view name) {
  constexpr std::string_view status = "status/";
  FaultSpec fault;
  if (name.starts_with(status)) {
    fault.kind = FaultKind::status;
    try {
      fault.status =
          static_cast<int>(read_integer(name.substr(status.size()), 400, 599));
    } catch (const std::invalid_argument& error) {
      throw std::invalid_argument(fmt::format("status {}", error.what()));
    }
    return fault;
  }
  const Fault* const known = find_fault(name);
  if (!known) reject_kind(name);
  fault.kind = known->kind;
  return fault;
}

std::string to_string(const FaultSpec& fault) {
  const std::string_view name = fault_of(fault.kind).name;
  if (fault.kind != FaultKind::status) return std::string(name);
  return fmt::format("{}/{}", name, fault.status);
}

std::string fault_path(const FaultSpec& fault) {
  const ItemSpec& item = fault.item;
  return fmt::format("/fault/{}?id={}&bytes={}&wait={}&seed={}",
                     to_string(fault), item.id, item.bytes,
                     to_string(item.wait), item.seed);
}

std::optional<FaultSpec> parse_fault_path(std::string_view target) {
  constexpr std::string_view root = "/fault/";
  const std::string_view path = path_of(target);
  if (!path.starts_with(root)) return std::nullopt;
  const std::string_view name = path.substr(root.size());
  if (!find_fault(name.substr(0, name.find('/')))) return std::nullopt;

  FaultSpec fault = parse_fault(name);
  const Query query(target, {"id", "bytes", "wait", "seed"});
  query.with("id", [&](std::string_view value) {
    fault.item.id = read_integer(value, 0, ~std::uint64_t{0});
  });
  read_item_query(query, fault.item);
  if (fault.item.bytes < least_fault_bytes)
    throw std::invalid_argument(fmt::format(
        "bytes: a body to spoil has {} or more", least_fault_bytes));
  return fault;
}

void FaultyReply::fill(std::uint64_t offset, std::span<char> part) const {
  if (spec.kind == FaultKind::bomb)
    return Bomb(spec.item.bytes).fill(offset, part);
  if (spec.kind == FaultKind::endless_headers) {
    for (char& c : part) c = idle_line[offset++ % idle_line.size()];
    return;
  }
  fill_body(spec.item.seed, spec.item.id, offset, part);
  const std::uint64_t middle = spec.item.bytes / 2;
  const bool wrong = spec.kind == FaultKind::corrupt && middle >= offset &&
                     middle - offset < part.size();
  if (wrong) part[static_cast<std::size_t>(middle - offset)] ^= 1;
  if (spec.kind == FaultKind::unsolicited)
    for (std::uint64_t at = std::max(offset, spec.item.bytes);
         at < offset + part.size(); ++at)
      part[at - offset] = stray_reply[at - spec.item.bytes];
}

FaultyReply faulty_reply(const FaultSpec& fault, const std::string& address,
                         Ports ports) {
  FaultyReply reply = reply_of(fault, address, ports);
  reply.slow = fault.kind == FaultKind::drip;
  reply.spec = fault;
  return reply;
}

}  // namespace interleave::origin
