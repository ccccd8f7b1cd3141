// libcurl for coroutines: many transfers on one thread.
#pragma once

#include <curl/curl.h>

#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "async/completion.hpp"
#include "async/task.hpp"
#include "common/item.hpp"
#include "common/options.hpp"
#include "common/result.hpp"
#include "common/transfer.hpp"

namespace interleave::async {

/// A libcurl multi handle driven by the event loop: libcurl says which sockets
/// and which moment it waits for, Asio waits, libcurl acts. It keeps the
/// connections that are idle.
///
/// Thread safety: the loop's thread only.
/// Invariants: outlives every transfer; a descriptor stays registered with the
/// loop for as long as libcurl keeps the connection.
class CurlClient : Connections {
 public:
  /// Each new transfer is compared with every connection that is there, so a
  /// client with many is slow: beyond this, take another.
  static constexpr std::size_t most_transfers = 128;

  /// Throws std::runtime_error when libcurl cannot be set up. `options` must
  /// outlive the client.
  explicit CurlClient(const Options& options);
  ~CurlClient() override;

  bool has_room() const { return all_.size() - idle_.size() < most_transfers; }

  /// Suspends until the item is here or failed, in `into`. Throws
  /// std::runtime_error when libcurl has no handle left. Where the loop has no
  /// memory or descriptor to wait with, all that is under way fails.
  Task<> fetch(const Item& item, Download& into);

  /// Suspends until the item's second request has been made with `output`;
  /// `into` is the reply. Throws as fetch().
  Task<> send(const Item& item, const std::string& output, Download& into);

  /// Ends every transfer, cancelled.
  void cancel_all();

 private:
  struct Socket;
  struct Start;
  struct Listed;

  // Connections
  bool opened(curl_socket_t descriptor) override;
  void closing(curl_socket_t descriptor) override;

  // What libcurl calls.
  static int want_socket(CURL* easy, curl_socket_t descriptor, int what,
                         void* self, void* socket);
  static int want_timer(CURLM* multi, long timeout_ms, void* self);

  // What the loop calls.
  void watch(const std::shared_ptr<Socket>& socket) noexcept;
  void wait_for(const std::shared_ptr<Socket>& socket, bool reading);
  void arm(Clock::time_point when);
  void arm_again();
  void set_timer(long timeout_ms);
  void start_soon();
  bool start_some();
  void act(curl_socket_t descriptor, int events);
  bool finish_done();
  void end_all(CURLcode code);
  static void finish(CURL* easy, CURLcode code);
  static WaitingPtr<CURLcode> take_waiting(CURL* easy);

  std::shared_ptr<Socket> keep(curl_socket_t descriptor, bool opened_here);
  void forget(curl_socket_t descriptor);
  std::unique_ptr<Listed> idle_transfer();
  Task<> perform(std::unique_ptr<Listed> transfer, bool last, Download& into);

  Executor executor_;
  const Options& options_;
  CURLM* multi_;
  std::unordered_map<curl_socket_t, std::shared_ptr<Socket>> sockets_;
  std::vector<std::unique_ptr<Listed>> idle_;
  std::vector<CURL*> all_;  // idle or not

  Timer timer_;
  Clock::time_point armed_for_ = Clock::time_point::max();
  Clock::time_point deadline_ = Clock::time_point::max();  // libcurl's
  struct Prepared {
    CURL* easy;
    bool last;  // of its item's requests
  };
  std::deque<Prepared> starting_;  // not yet handed to libcurl
  bool due_ = false;               // libcurl wants to act at once
  bool start_posted_ = false;      // it will
  bool acting_ = false;            // it does
  bool broken_ = false;  // the loop could not be told what libcurl waits for

  // Handlers on their way when the client ends find it empty.
  std::shared_ptr<CurlClient*> self_;
};

}  // namespace interleave::async
