// Mistakes in urls that can be told from the text alone.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace interleave {

struct UrlMistake {
  std::size_t at = 0;  ///< bytes before it
  std::string what;    ///< the mistake and its fix, in printable ASCII
};

/// "http://" or "https://", however the url writes it; else empty.
std::string_view scheme_of(std::string_view url);

/// std::nullopt for an http or https url of printable ASCII that libcurl reads
/// and whose host and port can be; everything else could mean one thing to the
/// server and another to us, or would fail whenever it is asked.
std::optional<UrlMistake> mistake_in(std::string_view url);

}  // namespace interleave
