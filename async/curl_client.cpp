#include "async/curl_client.hpp"

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <stdexcept>
#include <utility>

#include "async/loop.hpp"

namespace interleave::async {

/// What libcurl waits for on one descriptor.
struct CurlClient::Socket {
  Socket(CurlClient& owner, curl_socket_t number, bool opened)
      : client(&owner),
        descriptor(owner.executor_, number),
        opened_here(opened) {}

  CurlClient* client;  // nullptr once the descriptor is libcurl's business
  asio::posix::basic_stream_descriptor<Executor> descriptor;
  const bool opened_here;
  int wanted = CURL_POLL_NONE;
  bool waiting_to_read = false;
  bool waiting_to_write = false;
};

/// A transfer that its client lists for as long as it is there.
struct CurlClient::Listed : Transfer {
  explicit Listed(CurlClient& owner)
      : Transfer(owner.options_, static_cast<Connections&>(owner)),
        client(owner) {
    client.all_.push_back(handle());
  }
  ~Listed() { std::erase(client.all_, handle()); }
  CurlClient& client;
};

/// Hands a prepared transfer over; its coroutine resumes when it is done.
struct CurlClient::Start {
  void operator()(WaitingPtr<CURLcode> waiting) {
    try {
      client->starting_.push_back({easy, last});
      client->start_soon();
    } catch (const std::exception&) {  // no memory to start it
      if (!client->starting_.empty() && client->starting_.back().easy == easy)
        client->starting_.pop_back();
      return waiting->resume(CURLE_FAILED_INIT);
    }
    // finish() deletes it, or the client's end.
    curl_easy_setopt(easy, CURLOPT_PRIVATE, waiting.release());
  }

  CurlClient* client;
  CURL* easy;
  bool last;
};

CurlClient::CurlClient(const Options& options)
    : executor_(Loop::current()),
      options_(options),
      timer_(executor_),
      self_(std::make_shared<CurlClient*>(this)) {
  initialise_curl();
  multi_ = curl_multi_init();
  if (!multi_) throw std::runtime_error("libcurl: no multi handle left");
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &CurlClient::want_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &CurlClient::want_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  // At libcurl's default, four for each transfer under way, it closes some
  // whenever few are; whoever comes next connects again.
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS,
                    static_cast<long>(most_transfers));
}

CurlClient::~CurlClient() {
  idle_.clear();
  starting_.clear();
  // A loop that was given up leaves coroutines here. They go with what they
  // hold, each a transfer, so the list shrinks from its end.
  for (std::size_t at = all_.size(); at-- > 0;) take_waiting(all_[at]);
  curl_multi_cleanup(multi_);  // closes the connections it kept
  while (!sockets_.empty()) forget(sockets_.begin()->first);
  *self_ = nullptr;
}

Task<> CurlClient::fetch(const Item& item, Download& into) {
  std::unique_ptr<Listed> transfer = idle_transfer();
  transfer->prepare(item);
  return perform(std::move(transfer), item.follow_up.empty(), into);
}

Task<> CurlClient::send(const Item& item, const std::string& output,
                        Download& into) {
  std::unique_ptr<Listed> transfer = idle_transfer();
  transfer->prepare_put(item.follow_up, output);
  return perform(std::move(transfer), true, into);
}

Task<> CurlClient::perform(std::unique_ptr<Listed> transfer, bool last,
                           Download& into) {
  Start start{this, transfer->handle(), last};
  CURLcode code = co_await suspend<CURLcode>(start);
  while (transfer->again(code)) code = co_await suspend<CURLcode>(start);
  into = transfer->take(code);
  idle_.push_back(std::move(transfer));
}

std::unique_ptr<CurlClient::Listed> CurlClient::idle_transfer() {
  if (!idle_.empty()) {
    std::unique_ptr<Listed> transfer = std::move(idle_.back());
    idle_.pop_back();
    return transfer;
  }
  return std::make_unique<Listed>(*this);
}

// A connection is registered with the loop once in its life and not once per
// transfer.

bool CurlClient::opened(curl_socket_t descriptor) {
  return keep(descriptor, true) != nullptr;
}

void CurlClient::closing(curl_socket_t descriptor) {
  forget(descriptor);
}

std::shared_ptr<CurlClient::Socket> CurlClient::keep(curl_socket_t descriptor,
                                                     bool opened_here) {
  try {
    return sockets_[descriptor] =
               std::make_shared<Socket>(*this, descriptor, opened_here);
  } catch (const std::exception&) {  // the loop has no room for it
    sockets_.erase(descriptor);
    return nullptr;
  }
}

void CurlClient::forget(curl_socket_t descriptor) {
  const auto at = sockets_.find(descriptor);
  if (at == sockets_.end()) return;
  at->second->client = nullptr;
  at->second->descriptor.release();  // libcurl's to close
  sockets_.erase(at);
}

int CurlClient::want_socket(CURL*, curl_socket_t descriptor, int what,
                            void* self, void*) {
  auto& client = *static_cast<CurlClient*>(self);
  const auto at = client.sockets_.find(descriptor);
  std::shared_ptr<Socket> socket;
  if (at != client.sockets_.end()) socket = at->second;
  if (what == CURL_POLL_REMOVE) {
    if (!socket) return 0;
    socket->wanted = CURL_POLL_NONE;
    // One of libcurl's own (name resolution): it closes it without a word.
    if (!socket->opened_here) client.forget(descriptor);
    return 0;
  }
  if (!socket) socket = client.keep(descriptor, false);
  if (!socket) return client.broken_ = true, 0;
  socket->wanted = what;
  client.watch(socket);
  return 0;
}

void CurlClient::watch(const std::shared_ptr<Socket>& socket) noexcept {
  try {
    if ((socket->wanted & CURL_POLL_IN) && !socket->waiting_to_read)
      wait_for(socket, true);
    if ((socket->wanted & CURL_POLL_OUT) && !socket->waiting_to_write)
      wait_for(socket, false);
  } catch (const std::exception&) {
    broken_ = true;
  }
}

void CurlClient::wait_for(const std::shared_ptr<Socket>& socket, bool reading) {
  using Descriptor = asio::posix::descriptor_base;
  socket->descriptor.async_wait(
      reading ? Descriptor::wait_read : Descriptor::wait_write,
      [socket, reading](const boost::system::error_code& error) {
        (reading ? socket->waiting_to_read : socket->waiting_to_write) = false;
        if (!socket->client) return;
        const int kind = reading ? CURL_POLL_IN : CURL_POLL_OUT;
        if (!(socket->wanted & kind)) return;
        const int event = error     ? CURL_CSELECT_ERR
                          : reading ? CURL_CSELECT_IN
                                    : CURL_CSELECT_OUT;
        socket->client->act(socket->descriptor.native_handle(), event);
        if (!socket->client) return;
        socket->client->watch(socket);
        if (socket->client->broken_) socket->client->end_all(CURLE_FAILED_INIT);
      });
  (reading ? socket->waiting_to_read : socket->waiting_to_write) = true;
}

int CurlClient::want_timer(CURLM*, long timeout_ms, void* self) {
  auto& client = *static_cast<CurlClient*>(self);
  try {
    client.set_timer(timeout_ms);
  } catch (const std::exception&) {
    client.broken_ = true;
  }
  return 0;
}

void CurlClient::set_timer(long timeout_ms) {
  deadline_ = Clock::time_point::max();
  if (timeout_ms > 0) {
    deadline_ = Clock::now() + std::chrono::milliseconds(timeout_ms);
    // A timer that fires too early only looks again, so a later deadline
    // leaves the armed one alone: it moves with every transfer.
    if (deadline_ < armed_for_) arm(deadline_);
  } else if (timeout_ms == 0) {
    // Posted, not called: libcurl must not be re-entered from a callback. And
    // not a timer of 0 ms, which costs nearly as much as the transfer.
    due_ = true;
    start_soon();
  }
}

void CurlClient::arm(Clock::time_point when) {
  timer_.expires_at(when);
  armed_for_ = Clock::time_point::max();
  timer_.async_wait([token = self_](const boost::system::error_code& error) {
    CurlClient* client = *token;
    if (error || !client) return;
    client->armed_for_ = Clock::time_point::max();
    if (Clock::now() >= client->deadline_) {
      client->deadline_ = Clock::time_point::max();
      client->act(CURL_SOCKET_TIMEOUT, 0);
    } else if (client->deadline_ != Clock::time_point::max()) {
      client->arm_again();
    }
  });
  armed_for_ = when;
}

void CurlClient::arm_again() {
  try {
    arm(deadline_);
  } catch (const std::exception&) {
    end_all(CURLE_FAILED_INIT);
  }
}

void CurlClient::start_soon() {
  // While libcurl acts, act() looks for more to start before it returns.
  if (acting_ || start_posted_) return;
  asio::post(executor_, [token = self_] {
    CurlClient* client = *token;
    if (!client) return;
    client->start_posted_ = false;
    client->act(CURL_SOCKET_TIMEOUT, 0);
  });
  start_posted_ = true;
}

/// Hands libcurl what is to be started, but not all at once: it would connect
/// every one of them before it sent the first request. False as finish_done().
bool CurlClient::start_some() {
  const std::shared_ptr<CurlClient*> token = self_;
  constexpr int at_once = 16;
  for (int i = 0; i < at_once && !starting_.empty(); ++i) {
    const auto [easy, last] = starting_.front();
    starting_.pop_front();
    // Closed while others still wait, it costs the run no time of its own.
    const bool keep =
        !last || !options_.control || !options_.control->all_begun();
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, keep ? 0L : 1L);
    if (curl_multi_add_handle(multi_, easy) == CURLM_OK) continue;
    finish(easy, CURLE_FAILED_INIT);
    if (!*token) return false;
  }
  return true;
}

void CurlClient::act(curl_socket_t descriptor, int events) {
  const std::shared_ptr<CurlClient*> token = self_;
  acting_ = true;
  int running = 0;
  // Without memory, libcurl does not say what it waits for.
  const auto let_act = [&](curl_socket_t on, int what) {
    if (curl_multi_socket_action(multi_, on, what, &running) != CURLM_OK)
      broken_ = true;
  };
  if (descriptor != CURL_SOCKET_TIMEOUT) let_act(descriptor, events);
  if (!finish_done()) return;
  // Where more is about to be started, every event would start its share, and
  // the requests of those that are connected would wait behind it.
  if (!start_posted_ && !start_some()) return;
  if (std::exchange(due_, false) || descriptor == CURL_SOCKET_TIMEOUT)
    let_act(CURL_SOCKET_TIMEOUT, 0);
  if (!finish_done()) return;
  acting_ = false;
  try {
    if (due_ || !starting_.empty()) start_soon();
  } catch (const std::exception&) {
    broken_ = true;
  }
  if (broken_) end_all(CURLE_FAILED_INIT);
}

/// Resumes the coroutines whose transfers are done, here and now. The last of
/// them may end the client: false says that it is gone.
bool CurlClient::finish_done() {
  const std::shared_ptr<CurlClient*> token = self_;
  int left = 0;
  while (CURLMsg* message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* easy = message->easy_handle;
    const CURLcode code = message->data.result;
    curl_multi_remove_handle(multi_, easy);
    finish(easy, code);
    if (!*token) return false;
  }
  return true;
}

void CurlClient::cancel_all() {
  end_all(CURLE_ABORTED_BY_CALLBACK);
}

/// Also when the system has nothing left to wait for libcurl with: it would
/// never be called again.
void CurlClient::end_all(CURLcode code) {
  const std::shared_ptr<CurlClient*> token = self_;
  broken_ = false;
  // One that resumes may add to them. NOLINTNEXTLINE(modernize-loop-convert)
  for (std::size_t at = 0; at < all_.size(); ++at) {
    void* waiting = nullptr;
    curl_easy_getinfo(all_[at], CURLINFO_PRIVATE, &waiting);
    if (!waiting) continue;
    // Whoever goes on after one that ended may start another meanwhile.
    std::erase_if(starting_, [&](const Prepared& prepared) {
      return prepared.easy == all_[at];
    });
    curl_multi_remove_handle(multi_, all_[at]);
    finish(all_[at], code);
    if (!*token) return;
  }
}

void CurlClient::finish(CURL* easy, CURLcode code) {
  take_waiting(easy)->resume(code);
}

/// Who waits for a transfer, if anybody does.
WaitingPtr<CURLcode> CurlClient::take_waiting(CURL* easy) {
  void* waiting = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &waiting);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, nullptr);
  return WaitingPtr<CURLcode>(static_cast<Completion<CURLcode>*>(waiting));
}

}  // namespace interleave::async
