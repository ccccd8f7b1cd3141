#include "bench/workload/url_check.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <memory>

#include "bench/text/characters.hpp"

namespace interleave {

namespace {

/// More bytes than any server takes.
constexpr std::size_t longest_url = 8192;
constexpr std::size_t longest_host = 253, longest_label = 63;

using Mistake = std::optional<UrlMistake>;

std::size_t end_of_authority(std::string_view url) {
  return std::min(url.find_first_of("/?#", scheme_of(url).size()), url.size());
}

std::string in_percents(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes)
    text += fmt::format("%{:02X}", static_cast<unsigned char>(byte));
  return text;
}

std::string_view name_of(char32_t code) {
  switch (code) {
    case 0xA0:
      return "a no-break space";
    case 0x200B:
      return "a zero-width space";
    case 0xFEFF:
      return "a byte order mark";
    default:
      return is_wide_blank(code) ? "a blank" : "an invisible character";
  }
}

/// Of a blank between a URL and more text.
std::string advice_on_blank(std::string_view url, std::size_t at,
                            std::string_view where) {
  const std::size_t next =
      std::min(url.find_first_not_of(" \t", at), url.size());
  if (url.substr(next).starts_with('#'))
    return "a comment behind a URL: write it on a line of its own";
  if (!scheme_of(url.substr(next)).empty())
    return "a second URL: write one per line";
  const std::string byte = fmt::format("byte 0x{:02x} in {}", url[at], where);
  if (where == "a host") return byte + ": delete it";
  return fmt::format("{}: percent-encode it ({})", byte,
                     in_percents(url.substr(at, 1)));
}

/// Of the character at `at`, which is not printable ASCII.
std::string advice_on(std::string_view url, std::size_t at) {
  const bool web = !scheme_of(url).empty();
  const std::string_view head = url.substr(0, end_of_authority(url));
  const bool in_host =
      web && at < head.size() && head.find('@', at) == head.npos;
  const std::string_view where = in_host ? "a host" : "a URL";
  if (url[at] == ' ' || url[at] == '\t') return advice_on_blank(url, at, where);

  const Character found = first_character(url.substr(at));
  const std::string_view bytes = url.substr(at, found.bytes);
  const std::string encode = "percent-encode it (" + in_percents(bytes) + ")";
  const bool ascii = found.valid && found.code < 0x80;
  const bool inside = web && !in_host && at + found.bytes < url.size();
  const std::string or_encode = inside ? ", or " + encode : "";
  if (found.valid && !ascii &&
      (is_wide_blank(found.code) || !is_shown(found.code)))
    return fmt::format("U+{:04X}, {}: delete it{}",
                       static_cast<std::uint32_t>(found.code),
                       name_of(found.code), or_encode);
  const std::string byte = fmt::format(
      "byte 0x{:02x} in {}: ", static_cast<unsigned char>(bytes[0]), where);
  if (at == 0 && (url.starts_with("\xFF\xFE") || url.starts_with("\xFE\xFF")))
    return byte + "the list is UTF-16, save it as UTF-8";
  if (ascii) return byte + "delete it" + or_encode;
  if (in_host)
    return byte + "write the host in its xn-- form, as `idn2 HOST` prints it";
  return byte + encode;
}

Mistake odd_character(std::string_view url) {
  const bool web = !scheme_of(url).empty();
  for (std::size_t at = 0; at < url.size(); ++at) {
    if (url[at] > ' ' && url[at] < '\x7f') continue;
    const Character found = first_character(url.substr(at));
    // Text that is no URL: it is not its letters that are wrong.
    const bool text = found.valid && !is_wide_blank(found.code) &&
                      (is_shown(found.code) || url[at] == '\t');
    if (!web && text) break;
    return UrlMistake{at, advice_on(url, at)};
  }
  return std::nullopt;
}

Mistake wrong_port(std::string_view port, std::size_t at) {
  unsigned number = 0;
  const char* const end = port.data() + port.size();
  const auto [stopped, error] = std::from_chars(port.data(), end, number);
  if (port.empty() ||
      (error == std::errc() && stopped == end && number > 0 && number <= 65535))
    return std::nullopt;
  return UrlMistake{at, "not a port: write a number from 1 to 65535"};
}

/// Of an address in brackets, with what follows it.
Mistake wrong_ipv6(std::string_view host, std::size_t at) {
  const std::size_t bracket = host.find(']');
  const std::string_view behind =
      host.substr(std::min(bracket, host.size() - 1) + 1);
  if (bracket == host.npos || (!behind.empty() && behind[0] != ':'))
    return UrlMistake{
        at, "an IPv6 address stands in brackets: write http://[::1]:80/"};
  // Behind a % stands the network device of a link-local address.
  const std::string_view inside = host.substr(1, bracket - 1);
  in6_addr room{};
  if (inet_pton(AF_INET6,
                std::string(inside.substr(0, inside.find('%'))).c_str(),
                &room) != 1)
    return UrlMistake{at, "not an IPv6 address: write one like [2001:db8::1]"};
  if (behind.empty()) return std::nullopt;
  return wrong_port(behind.substr(1), at + bracket + 2);
}

Mistake wrong_name(std::string_view host, std::size_t at) {
  if (host.empty()) return UrlMistake{at, "no host: write http://HOST/"};
  if (const std::size_t percent = host.find('%'); percent != host.npos)
    return UrlMistake{at + percent,
                      "a host is not percent-encoded: write it as it is, or in "
                      "its xn-- form"};
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.size() > longest_host)
    return UrlMistake{at,
                      fmt::format("a host of {} bytes: at most {} are allowed",
                                  host.size(), longest_host)};
  for (std::size_t start = 0; start <= host.size();) {
    const std::size_t end = std::min(host.find('.', start), host.size());
    if (end == start)
      return UrlMistake{at + start, "a dot too many in the host: delete it"};
    if (end - start > longest_label)
      return UrlMistake{
          at + start,
          fmt::format(
              "{} bytes of the host without a dot: at most {} are allowed",
              end - start, longest_label)};
    start = end + 1;
  }
  return std::nullopt;
}

Mistake wrong_authority(std::string_view url) {
  const std::size_t scheme = scheme_of(url).size(), end = end_of_authority(url);
  const std::size_t at = url.substr(0, end).find('@', scheme);
  const std::size_t start = at == url.npos ? scheme : at + 1;
  const std::string_view host = url.substr(start, end - start);
  if (host.find('@') != host.npos)
    return UrlMistake{
        at, "an @ too many: in a name or a password it is written %40"};
  if (host.starts_with('[')) return wrong_ipv6(host, start);
  const std::size_t colon = std::min(host.find(':'), host.size());
  if (host.find(':', colon + 1) != host.npos)
    return UrlMistake{start,
                      "a colon too many: an IPv6 address stands in brackets, "
                      "as in http://[::1]:80/"};
  if (const Mistake mistake = wrong_name(host.substr(0, colon), start))
    return mistake;
  return wrong_port(host.substr(std::min(colon + 1, host.size())),
                    start + colon + 1);
}

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};

/// Last, what libcurl itself says.
Mistake wrong_for_libcurl(std::string_view url) {
  const std::size_t start = scheme_of(url).size();
  const std::unique_ptr<CURLU, FreeUrl> parser(curl_url());
  const CURLUcode code =
      curl_url_set(parser.get(), CURLUPART_URL, std::string(url).c_str(), 0);
  if (code != CURLUE_OK)
    return UrlMistake{start, fmt::format("{}, says libcurl: correct the URL",
                                         curl_url_strerror(code))};
  char* text = nullptr;
  if (curl_url_get(parser.get(), CURLUPART_HOST, &text, 0) != CURLUE_OK)
    return UrlMistake{start, "no host: write http://HOST/"};
  const std::string host(text);
  curl_free(text);
  // A name whose last part is a number: no domain is called so.
  const std::string last = host.substr(host.rfind('.') + 1);
  in_addr room{};
  if (!last.empty() && last.find_first_not_of("0123456789") == last.npos &&
      inet_pton(AF_INET, host.c_str(), &room) != 1)
    return UrlMistake{start, "not an IPv4 address: write one like 192.0.2.1"};
  return std::nullopt;
}

}  // namespace

std::string_view scheme_of(std::string_view url) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    const bool same = std::ranges::equal(
        url.substr(0, scheme.size()), scheme, {},
        [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
    if (same) return scheme;
  }
  return {};
}

std::optional<UrlMistake> mistake_in(std::string_view url) {
  if (const Mistake mistake = odd_character(url)) return mistake;
  const std::string_view scheme = scheme_of(url);
  if (scheme.empty() || url.size() == scheme.size())
    return UrlMistake{0,
                      "not an http:// or https:// URL: write one per line, "
                      "comments start with #"};
  if (url.size() > longest_url)
    return UrlMistake{
        0, fmt::format("a URL of {} bytes: at most {} are accepted", url.size(),
                       longest_url)};
  if (const Mistake mistake = wrong_authority(url)) return mistake;
  return wrong_for_libcurl(url);
}

}  // namespace interleave
