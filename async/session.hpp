// What fetches, for coroutines: each transport without holding up the loop.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "async/curl_client.hpp"
#include "async/files.hpp"
#include "async/task.hpp"
#include "async/timer_queue.hpp"
#include "common/beast_client.hpp"
#include "common/item.hpp"
#include "common/options.hpp"
#include "common/result.hpp"

namespace interleave::async {

/// All coroutines of a loop share one session, and with it the connections
/// that are idle.
///
/// Thread safety: the loop's thread only.
/// Invariants: outlives every fetch.
class Session {
 public:
  /// `options` must outlive the session. Nothing is opened before the first
  /// fetch; that one may fail with what the system refuses.
  explicit Session(const Options& options);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  /// Suspends until the item is here or failed, in `into`. Throws
  /// std::runtime_error when what fetches it cannot be set up.
  Task<> fetch(const Item& item, Download& into);

  /// Suspends until the item's second request, `then`, has been made with
  /// `output`; `into` is the reply, which says what went wrong, if anything.
  /// Throws as fetch().
  Task<> send(const Item& item, const std::string& output, Download& into);

  const Options& options() const { return options_; }

 private:
  CurlClient& curl();
  BeastClient& beast();
  void look_for_abort();
  void cancel_all();

  const Options& options_;
  TimerQueue timers_;
  // Made when the first url needs them.
  std::vector<std::unique_ptr<CurlClient>> curl_;
  std::unique_ptr<BeastClient> beast_;
  std::unique_ptr<Files> files_;

  Timer abort_timer_;
  bool looking_ = false;
  // A handler on its way when the session ends finds it empty.
  std::shared_ptr<Session*> self_;
};

}  // namespace interleave::async
