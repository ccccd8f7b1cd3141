// Where a url leads, as libcurl reads it: the same to both transports.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace interleave {

struct Url {
  std::string scheme;     ///< in lower case
  std::string host;       ///< an IPv6 address without its brackets
  std::string port;       ///< the scheme's own where none is written
  std::string authority;  ///< `host:port`, with the brackets
  std::string target;     ///< path and query, what a request line asks for
};

/// Nothing when the text is no url, or none with a host.
std::optional<Url> parse_url(const std::string& text);

/// The whole url that `location` means when it is met at `base`; empty when it
/// means none.
std::string follow_url(const std::string& base, const std::string& location);

/// Where the target begins in an http url whose target parse_url() would return
/// as it stands, because there is nothing in it to be decoded, resolved or cut
/// off; nothing for any other text. What stands before it is not looked at, so
/// ask parse_url() once what that means.
std::optional<std::size_t> plain_target(std::string_view url);

}  // namespace interleave
