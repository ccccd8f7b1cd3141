#include "common/url.hpp"

#include <algorithm>

#include "tests/fuzz/promises.hpp"

namespace interleave::fuzz {

/// libcurl decodes a host after it has looked what it is: what it then reads
/// like, a number or something encoded, is found the next time only.
static bool has_an_encoded_host(std::string_view url) {
  const std::size_t start =
      std::min(url.find_first_not_of(":/\\", url.find(':')), url.size());
  const std::string_view rest = url.substr(start);
  return rest.substr(0, rest.find_first_of("/?#")).find('%') != rest.npos;
}

void url(std::string_view bytes) {
  const std::string text(bytes);
  const std::optional<Url> read = parse_url(text);
  if (!read) return;
  const std::optional<std::size_t> target = plain_target(text);
  require(!target || read->target == text.substr(*target),
          "a plain target is the one that is read");
  require(!read->host.empty(), "there is a host");
  for (const std::string& part : {read->authority, read->target})
    require(std::ranges::all_of(part, [](unsigned char c) { return c > ' '; }),
            "nothing breaks out of its line");
  if (read->scheme != "http" || has_an_encoded_host(text)) return;
  const std::optional<Url> again =
      parse_url("http://" + read->authority + read->target);
  require(again && again->authority == read->authority &&
              again->target == read->target,
          "it leads to the same place when it is written again");
}

}  // namespace interleave::fuzz
