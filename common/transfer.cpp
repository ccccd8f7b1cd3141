#include "common/transfer.hpp"

#include <fmt/format.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

#include "common/trust.hpp"
#include "common/waiting.hpp"

namespace interleave {

namespace {

void require(CURLcode code, const char* what) {
  if (code == CURLE_OK) return;
  throw std::runtime_error(
      fmt::format("libcurl: {}: {}", what, curl_easy_strerror(code)));
}

constexpr std::size_t most_at_once = CURL_MAX_WRITE_SIZE;  // libcurl's default

/// Options that are refused would make the models unequal: that is an error.
template <class Value>
void set(CURL* handle, CURLoption option, Value value) {
  require(curl_easy_setopt(handle, option, value), "option refused");
}

/// A header without a value is left out: a PUT does not ask before it sends,
/// nor wait a second for servers that do not answer that question.
char no_expect_header[] = "Expect:";
curl_slist no_expect{no_expect_header, nullptr};

/// libcurl takes the last of several lengths; another client may take the
/// first, so nobody knows what the body is.
bool lengths_conflict(CURL* handle) {
  std::string first;
  curl_header* header = nullptr;
  for (std::size_t i = 0, count = 1; i < count; ++i) {
    if (curl_easy_header(handle, "Content-Length", i, CURLH_HEADER, -1,
                         &header) != CURLHE_OK)
      return false;
    count = header->amount;
    if (i == 0) first = header->value;
    if (header->value != first) return true;
  }
  return false;
}

/// Of a TLS handshake that came to nothing, for whatever reason.
Error explain_handshake(const std::string& said) {
  const auto says = [&](const char* words) {
    return said.find(words) != said.npos;
  };
  if (says("SSL_ERROR_SYSCALL") || says("unexpected eof"))
    return {ErrorKind::closed, said};
  if (says("Recv failure") || says("Send failure"))
    return {ErrorKind::reset, said};
  return {ErrorKind::protocol, said};
}

/// Whether TLS has read and decrypted more than libcurl has asked it for.
bool has_decrypted(CURL* handle) {
  curl_tlssessioninfo* tls = nullptr;
  curl_easy_getinfo(handle, CURLINFO_TLS_SSL_PTR, &tls);
  return tls && tls->internals && Trust::shares_openssl() &&
         SSL_pending(static_cast<SSL*>(tls->internals)) > 0;
}

/// An error that its code alone tells.
Error explain_by_code(CURLcode code, const std::string& said) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
      return {ErrorKind::dns, said};
    case CURLE_SSL_CONNECT_ERROR:
      return explain_handshake(said);
    case CURLE_PEER_FAILED_VERIFICATION:
      return {ErrorKind::certificate, said};
    case CURLE_GOT_NOTHING:
      return {ErrorKind::closed, said};
    case CURLE_OPERATION_TIMEDOUT:
      return {ErrorKind::timeout, said};
    case CURLE_TOO_MANY_REDIRECTS:
      return {ErrorKind::redirect_loop, said};
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_BAD_CONTENT_ENCODING:
      return {ErrorKind::protocol, said};
    default:
      return {ErrorKind::other,
              fmt::format("{} (libcurl {})", said, static_cast<int>(code))};
  }
}

}  // namespace

void initialise_curl() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_ALL);
  require(code, "curl_global_init");
}

Transfer::Transfer(const Options& options, Connections& connections)
    : options_(options), connections_(connections) {
  initialise_curl();
  handle_ = curl_easy_init();
  if (!handle_) throw std::runtime_error("libcurl: no handle left");

  set(handle_, CURLOPT_WRITEFUNCTION, &Transfer::on_body);
  set(handle_, CURLOPT_WRITEDATA, this);
  set(handle_, CURLOPT_READFUNCTION, &Transfer::on_read);
  set(handle_, CURLOPT_READDATA, this);
  set(handle_, CURLOPT_SEEKFUNCTION, &Transfer::on_seek);
  set(handle_, CURLOPT_SEEKDATA, this);
  set(handle_, CURLOPT_HTTPHEADER, &no_expect);
  set(handle_, CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_open);
  set(handle_, CURLOPT_OPENSOCKETDATA, this);
  set(handle_, CURLOPT_CLOSESOCKETFUNCTION, &Transfer::on_close);
  set(handle_, CURLOPT_CLOSESOCKETDATA, &connections);
  set(handle_, CURLOPT_PREREQFUNCTION, &Transfer::on_request);
  set(handle_, CURLOPT_PREREQDATA, this);
  set(handle_, CURLOPT_ERRORBUFFER, message_);
  set(handle_, CURLOPT_NOSIGNAL, 1L);
  set(handle_, CURLOPT_NOPROGRESS, 1L);
  connect_anew(false, options.timeout);
  // A name is looked up on a thread, which nobody can stop. Once the transfer
  // is over, libcurl would wait for it.
  set(handle_, CURLOPT_QUICK_EXIT, 1L);
  set(handle_, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  set(handle_, CURLOPT_FOLLOWLOCATION, 1L);
  set(handle_, CURLOPT_MAXREDIRS, 5L);
  set(handle_, CURLOPT_USERAGENT, "interleave");
  // Both lists: what may be asked for, and what a redirect may lead to.
  set(handle_, CURLOPT_PROTOCOLS_STR, "http,https");
  set(handle_, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
  // An http_proxy in the user's environment would reroute the loopback.
  set(handle_, CURLOPT_PROXY, "");
  if (options.trust) options.trust->give_to(handle_);
}

Transfer::~Transfer() {
  curl_easy_cleanup(handle_);
}

void Transfer::prepare(const Item& item) {
  begin(item.url, item.expected ? &*item.expected : nullptr);
  if (item.expected) body_.reserve(item.expected->bytes);
  receive_through(item.expected ? item.expected->bytes : most_at_once);
  if (std::exchange(putting_, false)) set(handle_, CURLOPT_HTTPGET, 1L);
}

/// No larger a buffer than the reply needs: with thousands of transfers in
/// flight, theirs are the memory that a run takes.
void Transfer::receive_through(std::size_t bytes) {
  constexpr std::size_t head = 1024;
  const std::size_t wanted = std::min(bytes, most_at_once - head) + head;
  if (wanted == buffer_) return;
  // Refused while libcurl holds one, as after a connection that failed; that
  // one does as well.
  const auto size = static_cast<long>(wanted);
  if (curl_easy_setopt(handle_, CURLOPT_BUFFERSIZE, size) == CURLE_OK)
    buffer_ = wanted;
}

void Transfer::prepare_put(const std::string& url, std::string_view body) {
  begin(url, nullptr);
  to_send_ = body;
  putting_ = true;
  set(handle_, CURLOPT_UPLOAD, 1L);
  set(handle_, CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(body.size()));
}

void Transfer::begin(const std::string& url, const Expected* expected) {
  expected_ = expected;
  spent_ = {};
  start_over();
  if (anew_) connect_anew(false, options_.timeout);
  set(handle_, CURLOPT_URL, url.c_str());
}

void Transfer::start_over() {
  body_.clear();
  sent_ = 0;
  too_large_ = no_memory_ = kept_ = false;
  socket_error_ = 0;
  message_[0] = '\0';
}

void Transfer::connect_anew(bool anew, std::chrono::milliseconds timeout) {
  anew_ = anew;
  set(handle_, CURLOPT_FRESH_CONNECT, anew ? 1L : 0L);
  set(handle_, CURLOPT_TIMEOUT_MS, static_cast<long>(timeout.count()));
}

/// libcurl itself makes a request again when a kept connection turns out to be
/// gone. But it takes another kept one for it, which may be gone as well, and
/// gives up after five tries; older versions count them over a handle's life.
/// And it does not when the connection goes while a body is being sent.
bool Transfer::again(CURLcode code) {
  if (!kept_) return false;
  const bool gone = code == CURLE_SEND_ERROR || code == CURLE_RECV_ERROR ||
                    code == CURLE_GOT_NOTHING;
  // An interim reply (100, 103) begins no reply.
  if (gone && header_bytes() > header_bytes_ && status() >= 200) return false;
  // A server that gives up an idle connection may say so.
  if (!gone && !(code == CURLE_OK && status() == 408)) return false;
  curl_off_t spent = 0;  // us
  curl_easy_getinfo(handle_, CURLINFO_TOTAL_TIME_T, &spent);
  spent_ += std::chrono::microseconds(spent);
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(options_.timeout - spent_);
  if (left.count() <= 0) return false;
  start_over();
  connect_anew(true, left);
  return true;
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
  try {
    transfer.body_.append(data, bytes);
  } catch (const std::bad_alloc&) {  // must not pass through libcurl, it is C
    transfer.no_memory_ = true;
    return 0;
  }
  return bytes;
}

std::size_t Transfer::on_read(char* data, std::size_t size, std::size_t count,
                              void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::string_view left = transfer.to_send_.substr(transfer.sent_);
  const std::size_t bytes = left.copy(data, size * count);
  transfer.sent_ += bytes;
  return bytes;
}

curl_socket_t Transfer::on_open(void* self, curlsocktype,
                                curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(self);
  const curl_socket_t socket = transfer.connections_.open(*address, self);
  // libcurl forgets why there is none.
  if (socket == CURL_SOCKET_BAD) transfer.socket_error_ = errno;
  return socket;
}

int Transfer::on_close(void* connections, curl_socket_t socket) {
  return static_cast<Connections*>(connections)->close(socket);
}

int Transfer::on_request(void* self, char* remote_address, char*,
                         int remote_port, int local_port) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.kept_ = transfer.connections_.begin_request(
      {remote_address, remote_port, local_port}, self,
      has_decrypted(transfer.handle_));
  if (transfer.kept_) transfer.header_bytes_ = transfer.header_bytes();
  return CURL_PREREQFUNC_OK;
}

long Transfer::header_bytes() const {
  long bytes = 0;
  curl_easy_getinfo(handle_, CURLINFO_HEADER_SIZE, &bytes);
  return bytes;
}

long Transfer::status() const {
  long status = 0;
  curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

/// libcurl sends again after a redirect, or when a connection it had kept
/// turns out to be closed.
int Transfer::on_seek(void* self, curl_off_t offset, int origin) {
  auto& transfer = *static_cast<Transfer*>(self);
  const auto at = static_cast<std::size_t>(offset);
  if (origin != SEEK_SET || offset < 0 || at > transfer.to_send_.size())
    return CURL_SEEKFUNC_CANTSEEK;
  transfer.sent_ = at;
  return CURL_SEEKFUNC_OK;
}

Error Transfer::explain(CURLcode code) const {
  const std::string said = message_[0] ? message_ : curl_easy_strerror(code);
  switch (code) {
    case CURLE_OK:
      return explain_status();
    case CURLE_COULDNT_CONNECT:
      return explain_refusal(said);
    case CURLE_PARTIAL_FILE:
      return explain_short_body(said);
    case CURLE_WRITE_ERROR:
      return explain_unwanted_body(said);
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      // Code 1 is also what a reply that is not HTTP at all gives.
      if (said.find("HTTP/") != said.npos) return {ErrorKind::protocol, said};
      return {ErrorKind::scheme_denied, said};
    case CURLE_SEND_ERROR:
      return {ErrorKind::reset, said};
    case CURLE_RECV_ERROR:
      // Code 56 is also what a chunk that is none gives, and endless headers.
      if (said.find("chunk") != said.npos || said.find("header") != said.npos)
        return {ErrorKind::protocol, said};
      return {ErrorKind::reset, said};
    case CURLE_ABORTED_BY_CALLBACK:
      return cancelled();
    case CURLE_OUT_OF_MEMORY:
      // libcurl's words would be "Out of memory", which it hardly ever is.
      return {ErrorKind::protocol, "a header line is too long"};
    default:
      return explain_by_code(code, said);
  }
}

Error Transfer::explain_status() const {
  if (lengths_conflict(handle_))
    return {ErrorKind::protocol, "two Content-Lengths that differ"};
  const long code = status();
  if (code < 400) return {};
  return {ErrorKind::http, fmt::format("http {}", code)};
}

Error Transfer::explain_refusal(const std::string& said) const {
  long error = socket_error_;
  if (error == 0) curl_easy_getinfo(handle_, CURLINFO_OS_ERRNO, &error);
  // Code 7 is also what a system that has nothing left to give looks like.
  if (error == EMFILE || error == ENFILE || error == ENOBUFS ||
      error == EADDRNOTAVAIL)
    return {
        ErrorKind::descriptors,
        fmt::format("{} ({})", said, std::strerror(static_cast<int>(error)))};
  return {ErrorKind::refused, said};
}

Error Transfer::explain_short_body(const std::string& said) const {
  if (!expected_ || expected_->learnt) return {ErrorKind::truncated, said};
  return {ErrorKind::truncated, fmt::format("truncated: {} of {} bytes",
                                            body_.size(), expected_->bytes)};
}

Error Transfer::explain_unwanted_body(const std::string& said) const {
  if (no_memory_) return {ErrorKind::thrown, "no memory for the body"};
  if (!too_large_) return {ErrorKind::protocol, said};
  return {ErrorKind::too_large,
          fmt::format("body over {} bytes", options_.max_body)};
}

}  // namespace interleave
