#include "common/transfer.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <mutex>
#include <stdexcept>

namespace interleave {

namespace {

void require(CURLcode code, const char* what) {
  if (code == CURLE_OK) return;
  throw std::runtime_error(
      fmt::format("libcurl: {}: {}", what, curl_easy_strerror(code)));
}

/// Options that are refused would make the models unequal: that is an error.
template <class Value>
void set(CURL* handle, CURLoption option, Value value) {
  require(curl_easy_setopt(handle, option, value), "option refused");
}

}  // namespace

void initialise_curl() {
  static std::mutex mutex;
  static pid_t initialised_in = 0;
  const std::lock_guard lock(mutex);
  if (initialised_in == getpid()) return;
  require(curl_global_init(CURL_GLOBAL_ALL), "curl_global_init");
  initialised_in = getpid();
}

Transfer::Transfer(const Options& options) : options_(options) {
  initialise_curl();
  handle_ = curl_easy_init();
  if (!handle_) throw std::runtime_error("libcurl: no handle left");

  set(handle_, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(handle_, CURLOPT_WRITEDATA, this);
  set(handle_, CURLOPT_ERRORBUFFER, message_);
  set(handle_, CURLOPT_NOSIGNAL, 1L);
  set(handle_, CURLOPT_NOPROGRESS, 1L);
  set(handle_, CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
  set(handle_, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  set(handle_, CURLOPT_FOLLOWLOCATION, 1L);
  set(handle_, CURLOPT_MAXREDIRS, 5L);
  set(handle_, CURLOPT_USERAGENT, "interleave");
  // Both lists: what may be asked for, and what a redirect may lead to.
  set(handle_, CURLOPT_PROTOCOLS_STR, "http,https");
  set(handle_, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  // An http_proxy in the user's environment would reroute the loopback.
  set(handle_, CURLOPT_PROXY, "");
}

Transfer::~Transfer() {
  curl_easy_cleanup(handle_);
}

void Transfer::prepare(const Item& item) {
  item_ = &item;
  body_.clear();
  if (item.expected) body_.reserve(item.expected->bytes);
  too_large_ = false;
  message_[0] = '\0';
  set(handle_, CURLOPT_URL, item.url.c_str());
}

Download Transfer::take(CURLcode code) {
  Download download;
  Result& result = download.result;
  result.error = explain(code);
  if (result.error.kind == ErrorKind::none) {
    result.status = Status::completed;
    result.bytes = body_.size();
    download.body = std::move(body_);
  } else {
    result.status = Status::failed;
  }
  body_.clear();
  return download;
}

std::size_t Transfer::on_body(char* data, std::size_t size, std::size_t count,
                              void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::size_t bytes = size * count;
  // MAXFILESIZE is blind where the size is not announced, so count here.
  if (transfer.body_.size() + bytes > transfer.options_.max_body) {
    transfer.too_large_ = true;
    return 0;
  }
  transfer.body_.append(data, bytes);
  return bytes;
}

Error Transfer::explain(CURLcode code) const {
  const char* said = message_[0] ? message_ : curl_easy_strerror(code);
  long os_error = 0, status = 0;
  curl_easy_getinfo(handle_, CURLINFO_OS_ERRNO, &os_error);
  curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);

  switch (code) {
    case CURLE_OK:
      if (status >= 400)
        return {ErrorKind::http, fmt::format("http {}", status)};
      return {};
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      // Code 1 is also what a reply that is not HTTP at all gives.
      if (std::strstr(said, "HTTP/")) return {ErrorKind::protocol, said};
      return {ErrorKind::scheme_denied, said};
    case CURLE_COULDNT_RESOLVE_HOST:
      return {ErrorKind::dns, said};
    case CURLE_COULDNT_CONNECT:
      if (os_error == EMFILE || os_error == ENFILE || os_error == ENOBUFS ||
          os_error == EADDRNOTAVAIL)
        return {ErrorKind::descriptors,
                fmt::format("{} ({})", said, std::strerror(int(os_error)))};
      return {ErrorKind::refused, said};
    case CURLE_GOT_NOTHING:
      return {ErrorKind::closed, said};
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
      return {ErrorKind::reset, said};
    case CURLE_PARTIAL_FILE:
      return {ErrorKind::truncated,
              fmt::format("truncated: {} of {} bytes", body_.size(),
                          item_->expected ? item_->expected->bytes : 0)};
    case CURLE_OPERATION_TIMEDOUT:
      return {ErrorKind::timeout, said};
    case CURLE_WRITE_ERROR:
      if (too_large_)
        return {ErrorKind::too_large,
                fmt::format("body over {} bytes", options_.max_body)};
      return {ErrorKind::protocol, said};
    case CURLE_TOO_MANY_REDIRECTS:
      return {ErrorKind::redirect_loop, said};
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
    case CURLE_OUT_OF_MEMORY:  // also a header line that is too long
      return {ErrorKind::protocol, said};
    default:
      return {ErrorKind::other,
              fmt::format("{} (libcurl {})", said, static_cast<int>(code))};
  }
}

}  // namespace interleave
