#include "common/url.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <memory>

namespace interleave {

namespace {

struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Parser = std::unique_ptr<CURLU, FreeUrl>;

/// Any scheme is read, so that who asks can say which one is not spoken. A
/// zero would end the text for libcurl, and for nobody else.
bool read(const Parser& parser, const std::string& text) {
  return text.find('\0') == text.npos &&
         curl_url_set(parser.get(), CURLUPART_URL, text.c_str(),
                      CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK;
}

std::string part(const Parser& parser, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(parser.get(), which, &text, flags) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

/// A character to which no parser gives a meaning, in a path or a query.
bool is_plain(char c) {
  constexpr std::string_view others = "/-_.=&:,+~";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || others.find(c) != others.npos;
}

}  // namespace

std::optional<Url> parse_url(const std::string& text) {
  const Parser parser(curl_url());
  if (!read(parser, text)) return std::nullopt;
  Url url;
  url.scheme = part(parser, CURLUPART_SCHEME);
  url.host = part(parser, CURLUPART_HOST);
  url.port = part(parser, CURLUPART_PORT, CURLU_DEFAULT_PORT);
  url.authority = url.host + ":" + url.port;
  url.target = part(parser, CURLUPART_PATH);
  const std::string query = part(parser, CURLUPART_QUERY);
  if (!query.empty()) url.target += "?" + query;
  if (url.host.starts_with('['))
    url.host = url.host.substr(1, url.host.size() - 2);
  if (url.host.empty()) return std::nullopt;
  return url;
}

std::string follow_url(const std::string& base, const std::string& location) {
  const Parser parser(curl_url());
  if (!read(parser, base) || !read(parser, location)) return {};
  return part(parser, CURLUPART_URL);
}

std::optional<std::size_t> plain_target(std::string_view url) {
  constexpr std::string_view scheme = "http://";
  const std::size_t start = url.find_first_of("/?#", scheme.size());
  if (!url.starts_with(scheme) || start == url.npos || start == scheme.size() ||
      url[start] != '/')
    return std::nullopt;
  const std::string_view target = url.substr(start);
  const std::size_t question = std::min(target.find('?'), target.size());
  const std::string_view path = target.substr(0, question);
  const bool plain =
      path.find("/.") == path.npos &&  // might be this folder, or the one above
      std::ranges::all_of(path, is_plain) &&
      std::ranges::all_of(
          target.substr(question).substr(question < target.size() ? 1 : 0),
          is_plain) &&
      !target.ends_with('?');
  return plain ? std::optional(start) : std::nullopt;
}

}  // namespace interleave
