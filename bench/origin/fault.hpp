// Every way in which the origin can fail its clients, on purpose.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "bench/origin/content.hpp"
#include "common/result.hpp"

namespace interleave::origin {

enum class FaultKind : std::uint8_t {
  refused,
  reset,
  reset_in_body,
  closed,
  truncated,
  truncated_chunked,
  truncated_no_length,
  bad_chunk,
  not_http,
  conflicting_lengths,
  endless_headers,
  stall,
  stall_in_body,
  drip,
  huge,
  bomb,
  corrupt,
  status,
  redirect_loop,
  redirect_file,
  redirect_ftp,
  redirect_host,
  redirect_ok,
  closed_after,
  closed_next,
  unsolicited,
};

/// One way to fail. Tests, `--faults` and the documentation read this table.
struct Fault {
  FaultKind kind;
  std::string_view name;     ///< as in `/fault/NAME`
  std::string_view summary;  ///< what the client gets

  /// What an item that expects the whole body must report; none where nothing
  /// is wrong. Only an item with an expectation sees `truncated-no-length`,
  /// `bomb` and `corrupt`: HTTP is content with them.
  ErrorKind error;

  /// Over in milliseconds, and in little memory. The others last until the
  /// client's time limit, or fill a body up to its cap.
  bool quick;
};

std::span<const Fault> faults();

/// nullptr for an unknown name.
const Fault* find_fault(std::string_view name);

/// The names, "refused, reset, ...".
std::string fault_names();

/// A fault, and the item whose body it spoils.
struct FaultSpec {
  FaultKind kind = FaultKind::closed;
  int status = 500;  ///< of FaultKind::status, 400 to 599
  ItemSpec item;

  bool operator==(const FaultSpec&) const = default;
};

/// The shortest body that can be spoilt, in bytes.
inline constexpr std::size_t least_fault_bytes = 2;

/// `closed` or `status/404`: kind and status. Throws std::invalid_argument for
/// an unknown kind, with the list of them.
FaultSpec parse_fault(std::string_view name);

/// What parse_fault() reads.
std::string to_string(const FaultSpec& fault);

/// `/fault/truncated?id=17&bytes=10966&wait=89ms&seed=1`: every parameter.
std::string fault_path(const FaultSpec& fault);

/// Reads fault_path() back. Parameters may be absent and in any order. nullopt
/// when the kind is unknown; throws std::invalid_argument that names the
/// parameter which is unknown, repeated or malformed.
std::optional<FaultSpec> parse_fault_path(std::string_view target);

/// Where a redirect may lead, as ports of the server that is asked.
struct Ports {
  std::uint16_t served = 0;
  std::uint16_t refused = 0;
};

/// A faulty reply as the bytes that make it up: `head`, then `bytes` bytes of
/// fill(), then `end`.
struct FaultyReply {
  enum class End {
    keep_alive,  ///< well-formed: another request may follow
    close_next,  ///< the same, but that request is answered by a close
    close,       ///< an orderly end of the stream
    reset,       ///< TCP's RST
    silence,     ///< nothing more, and no end either
  };

  std::string head;
  std::uint64_t bytes = 0;
  bool slow = false;  ///< a byte at a time
  End end = End::close;

  /// Fills `part` with the bytes from `offset` on; nothing is stored.
  void fill(std::uint64_t offset, std::span<char> part) const;

  FaultSpec spec;
};

/// `address` is the numeric one the client has connected to.
FaultyReply faulty_reply(const FaultSpec& fault, const std::string& address,
                         Ports ports);

}  // namespace interleave::origin
