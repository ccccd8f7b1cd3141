// One libcurl easy handle, set up the same way for every model, so that the
// HTTP stack is not the variable.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <string>
#include <string_view>

#include "common/connections.hpp"
#include "common/item.hpp"
#include "common/options.hpp"
#include "common/result.hpp"

namespace interleave {

/// Initialises libcurl, once; throws std::runtime_error when it cannot.
///
/// The harness calls it before a measured run, in every model alike: it takes
/// most of a millisecond, nearly all of it OpenSSL's tables. Those tables are
/// plain memory and survive a fork; handles and connections do not, and are
/// opened after it.
void initialise_curl();

/// One request at a time: prepare, perform (by whoever owns the handle:
/// curl_easy_perform, or a multi handle) for as long as again() asks for it,
/// take.
///
/// Thread safety: one thread at a time. Not copied, not moved: libcurl holds
/// its address.
class Transfer {
 public:
  /// Throws std::runtime_error when libcurl has no handle to give.
  /// `options` must outlive the transfer, `connections` what performs it.
  Transfer(const Options& options, Connections& connections);
  ~Transfer();
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  /// The next perform will fetch `item`.
  void prepare(const Item& item);

  /// The next perform will send `body`, which must outlive it, with PUT.
  void prepare_put(const std::string& url, std::string_view body);

  /// True when the perform that ended with `code` only met a kept connection
  /// that had gone before its reply began. The next perform makes the request
  /// again, over a new connection and within what is left of the time limit.
  bool again(CURLcode code);

  /// What the perform that ended with `code` brought: status completed with
  /// the body, or failed with the error. Stamps are the caller's business.
  Download take(CURLcode code);

  CURL* handle() const { return handle_; }

 private:
  static std::size_t on_body(char* data, std::size_t size, std::size_t count,
                             void* self);
  static std::size_t on_read(char* data, std::size_t size, std::size_t count,
                             void* self);
  static curl_socket_t on_open(void* self, curlsocktype purpose,
                               curl_sockaddr* address);
  static int on_close(void* connections, curl_socket_t socket);
  static int on_request(void* self, char* remote_address, char* local_address,
                        int remote_port, int local_port);
  static int on_seek(void* self, curl_off_t offset, int origin);
  void connect_anew(bool anew, std::chrono::milliseconds timeout);
  void receive_through(std::size_t bytes);
  void begin(const std::string& url, const Expected* expected);
  void start_over();
  long header_bytes() const;
  long status() const;
  Error explain(CURLcode code) const;
  Error explain_status() const;
  Error explain_refusal(const std::string& said) const;
  Error explain_short_body(const std::string& said) const;
  Error explain_unwanted_body(const std::string& said) const;

  const Options& options_;
  Connections& connections_;
  CURL* handle_;
  const Expected* expected_ = nullptr;
  std::size_t buffer_ = 0;  // bytes of libcurl's; 0: its default
  std::string body_;
  bool putting_ = false;
  std::string_view to_send_;
  std::size_t sent_ = 0;
  bool too_large_ = false;
  bool no_memory_ = false;
  int socket_error_ = 0;  // of a socket that could not be opened

  std::chrono::microseconds spent_{};  // by performs that were in vain
  bool anew_ = false;                  // only a new connection will do
  bool kept_ = false;      // the connection has carried a request before
  long header_bytes_ = 0;  // received when it was about to carry this one
  char message_[CURL_ERROR_SIZE] = {};
};

}  // namespace interleave
