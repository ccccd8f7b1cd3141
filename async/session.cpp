#include "async/session.hpp"

#include <algorithm>
#include <exception>

#include "async/loop.hpp"
#include "common/waiting.hpp"

namespace interleave::async {

namespace {

Task<> fetch_with_beast(BeastClient& beast, const Item& item, Download& into) {
  into = co_await beast.fetch(item);
}

Task<> send_with_beast(BeastClient& beast, const Item& item,
                       const std::string& output, Download& into) {
  into = without_body(co_await beast.send(item, output));
}

Task<> read_file(Files& files, const Item& item, Download& into) {
  into = co_await files.read(item);
}

}  // namespace

Session::Session(const Options& options)
    : options_(options),
      abort_timer_(Loop::current()),
      self_(std::make_shared<Session*>(this)) {}

Session::~Session() {
  *self_ = nullptr;
}

Task<> Session::fetch(const Item& item, Download& into) {
  look_for_abort();
  if (is_sleep_url(item.url)) return timers_.sleep(item.wait, into);
  if (is_file_url(item.url)) {
    if (!files_) files_ = std::make_unique<Files>(options_);
    return read_file(*files_, item, into);
  }
  if (options_.transport == Transport::beast)
    return fetch_with_beast(beast(), item, into);
  return curl().fetch(item, into);
}

Task<> Session::send(const Item& item, const std::string& output,
                     Download& into) {
  look_for_abort();
  if (is_sleep_url(item.follow_up))
    return timers_.sleep(item.follow_up_wait, into);
  if (options_.transport == Transport::beast)
    return send_with_beast(beast(), item, output, into);
  return curl().send(item, output, into);
}

/// The first that has room: where a transfer has ended, a connection is idle.
CurlClient& Session::curl() {
  const auto free = std::ranges::find_if(
      curl_, [](const auto& client) { return client->has_room(); });
  if (free != curl_.end()) return **free;
  return *curl_.emplace_back(std::make_unique<CurlClient>(options_));
}

BeastClient& Session::beast() {
  if (!beast_)
    beast_ = std::make_unique<BeastClient>(Loop::current(), options_);
  return *beast_;
}

/// Nothing tells a loop that a word in shared memory has changed, so it looks.
void Session::look_for_abort() {
  if (!options_.control || looking_) return;
  abort_timer_.expires_after(abort_latency);
  try {
    abort_timer_.async_wait(
        [token = self_](const boost::system::error_code& error) {
          Session* const session = *token;
          if (error || !session) return;
          session->looking_ = false;
          if (aborted(session->options_)) session->cancel_all();
          if (*token) session->look_for_abort();
        });
    looking_ = true;
  } catch (const std::exception&) {
    // No memory for the wait: the next fetch looks again.
  }
}

void Session::cancel_all() {
  const std::shared_ptr<Session*> token = self_;
  timers_.cancel_all();
  for (std::size_t at = 0; *token && at < curl_.size(); ++at)
    curl_[at]->cancel_all();
}

}  // namespace interleave::async
