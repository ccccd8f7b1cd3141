// What fetches, for coroutines: many transfers on one thread.
#pragma once

#include <curl/curl.h>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "async/files.hpp"
#include "async/task.hpp"
#include "common/beast_client.hpp"
#include "common/item.hpp"
#include "common/options.hpp"
#include "common/result.hpp"
#include "common/transfer.hpp"

namespace interleave::async {

/// A libcurl multi handle driven by the event loop: libcurl says which sockets
/// and which moment it waits for, Asio waits, libcurl acts. All coroutines of
/// a loop share one session, and with it the connections that are idle.
///
/// Thread safety: the loop's thread only.
/// Invariants: outlives every fetch; a descriptor stays registered with the
/// loop for as long as libcurl keeps the connection.
class Session {
 public:
  /// Throws std::runtime_error when libcurl cannot be set up. `options` must
  /// outlive the session.
  explicit Session(const Options& options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Suspends until the item is here or failed. Throws std::runtime_error when
  /// libcurl has no handle left.
  Task<Download> fetch(const Item& item);

  /// Suspends until the item's second request, `then`, has been made with
  /// `output`, and returns what went wrong, if anything. Throws as fetch().
  Task<Error> send(const Item& item, const std::string& output);

  const Options& options() const { return options_; }

 private:
  struct Socket;
  struct Waiting;
  struct Start;
  struct OnLoop;

  // What libcurl calls.
  static curl_socket_t open_socket(void* transfer, curlsocktype purpose,
                                   curl_sockaddr* address);
  static int close_socket(void* self, curl_socket_t descriptor);
  static int want_socket(CURL* easy, curl_socket_t descriptor, int what,
                         void* self, void* socket);
  static int want_timer(CURLM* multi, long timeout_ms, void* self);

  // What the loop calls.
  void watch(const std::shared_ptr<Socket>& socket);
  void wait_for(const std::shared_ptr<Socket>& socket, bool reading);
  void arm(Clock::time_point when);
  void start_soon();
  bool start_some();
  void act(curl_socket_t descriptor, int events);
  bool finish_done();
  static void finish(CURL* easy, CURLcode code);

  Socket* keep(curl_socket_t descriptor, bool opened_here);
  void forget(curl_socket_t descriptor);
  std::unique_ptr<OnLoop> idle_transfer();
  Task<Error> wait_for(Clock::duration time);
  BeastClient& beast();
  void look_for_abort();
  void cancel_all();

  Executor executor_;
  const Options& options_;
  CURLM* multi_;
  std::vector<std::shared_ptr<Socket>> sockets_;  // by descriptor
  std::vector<std::unique_ptr<OnLoop>> idle_;
  std::vector<CURL*> all_;              // idle or not
  std::unique_ptr<Files> files_;        // made when the first url needs it
  std::unique_ptr<BeastClient> beast_;  // instead of libcurl

  Timer timer_;
  Timer abort_timer_;
  Clock::time_point armed_for_ = Clock::time_point::max();
  Clock::time_point deadline_ = Clock::time_point::max();  // libcurl's
  std::deque<CURL*> starting_;  // not yet handed to libcurl
  bool due_ = false;            // libcurl wants to act at once
  bool start_posted_ = false;   // it will
  bool acting_ = false;         // it does

  // Handlers on their way when the session ends find it empty.
  std::shared_ptr<Session*> self_;
};

}  // namespace interleave::async
