#include "async/session.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include "async/loop.hpp"
#include "common/waiting.hpp"

namespace interleave::async {

/// What libcurl waits for on one descriptor.
struct Session::Socket {
  Socket(Session& owner, curl_socket_t number, bool opened)
      : session(&owner),
        descriptor(owner.executor_, number),
        opened_here(opened) {}

  Session* session;  // nullptr once the descriptor is libcurl's business
  asio::posix::basic_stream_descriptor<Executor> descriptor;
  const bool opened_here;
  int wanted = CURL_POLL_NONE;
  bool waiting_to_read = false;
  bool waiting_to_write = false;
};

/// A transfer that knows whose loop its sockets belong to.
struct Session::OnLoop : Transfer {
  explicit OnLoop(Session& owner) : Transfer(owner.options_), session(owner) {}
  Session& session;
};

/// A coroutine that waits for its transfer, whatever the type of its handler.
struct Session::Waiting {
  virtual ~Waiting() = default;
  virtual void resume(CURLcode code) = 0;
};

namespace {

template <class Handler, class Base>
struct WaitingOf final : Base {
  explicit WaitingOf(Handler to_resume) : handler(std::move(to_resume)) {}
  void resume(CURLcode code) override { std::move(handler)(code); }
  Handler handler;
};

template <class Start>
auto wait_for_transfer(Start& start) {
  return asio::async_initiate<const asio::deferred_t, void(CURLcode)>(
      start, asio::deferred);
}

}  // namespace

/// Hands a prepared transfer over; its coroutine resumes when it is done.
struct Session::Start {
  template <class Handler>
  void operator()(Handler handler) {
    Waiting* waiting = new WaitingOf<Handler, Waiting>(std::move(handler));
    // finish() deletes it.
    curl_easy_setopt(easy, CURLOPT_PRIVATE, waiting);
    session->starting_.push_back(easy);
    session->start_soon();
  }

  Session* session;
  CURL* easy;
};

Session::Session(const Options& options)
    : executor_(Loop::here()),
      options_(options),
      timer_(executor_),
      abort_timer_(executor_),
      self_(std::make_shared<Session*>(this)) {
  initialise_curl();
  multi_ = curl_multi_init();
  if (!multi_) throw std::runtime_error("libcurl: no multi handle left");
  curl_multi_setopt(multi_, CURLMOPT_SOCKETFUNCTION, &Session::want_socket);
  curl_multi_setopt(multi_, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi_, CURLMOPT_TIMERFUNCTION, &Session::want_timer);
  curl_multi_setopt(multi_, CURLMOPT_TIMERDATA, this);
  // As many as the system allows, but for a few: at libcurl's default, warm
  // connections are evicted.
  rlimit descriptors{};
  getrlimit(RLIMIT_NOFILE, &descriptors);
  const long most = static_cast<long>(
      std::clamp<rlim_t>(descriptors.rlim_cur, 65, 65'536) - 64);
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, most);
}

Session::~Session() {
  idle_.clear();
  curl_multi_cleanup(multi_);  // closes the connections it kept
  for (const auto& socket : sockets_)
    if (socket) forget(socket->descriptor.native_handle());
  *self_ = nullptr;
}

Task<Download> Session::fetch(const Item& item) {
  if (only_waits(item.url)) {
    Error error = co_await wait_for(item.wait);
    co_return only(std::move(error));
  }
  if (names_a_file(item.url)) {
    if (!files_) files_ = std::make_unique<Files>(options_);
    co_return co_await files_->read(item);
  }
  if (options_.transport == Transport::beast)
    co_return co_await beast().fetch(item);

  std::unique_ptr<OnLoop> transfer = idle_transfer();
  transfer->prepare(item);
  Start start{this, transfer->handle()};
  const CURLcode code = co_await wait_for_transfer(start);
  Download download = transfer->take(code);
  idle_.push_back(std::move(transfer));
  co_return download;
}

Task<Error> Session::send(const Item& item, const std::string& output) {
  if (only_waits(item.then)) co_return co_await wait_for(item.then_wait);
  if (aborted(options_)) co_return cancelled();
  if (options_.transport == Transport::beast)
    co_return co_await beast().send(item, output);
  std::unique_ptr<OnLoop> transfer = idle_transfer();
  transfer->prepare_put(item.then, output);
  Start start{this, transfer->handle()};
  const CURLcode code = co_await wait_for_transfer(start);
  Download reply = transfer->take(code);
  idle_.push_back(std::move(transfer));
  co_return reply.result.error;
}

Task<Error> Session::wait_for(Clock::duration time) {
  const Clock::time_point end = Clock::now() + time;
  Timer sleep(executor_);
  for (auto now = Clock::now(); now < end; now = Clock::now()) {
    if (aborted(options_)) co_return cancelled();
    sleep.expires_at(std::min<Clock::time_point>(end, now + abort_latency));
    co_await sleep.async_wait(asio::deferred);
  }
  co_return Error();
}

BeastClient& Session::beast() {
  if (!beast_) beast_ = std::make_unique<BeastClient>(executor_, options_);
  return *beast_;
}

std::unique_ptr<Session::OnLoop> Session::idle_transfer() {
  if (!idle_.empty()) {
    std::unique_ptr<OnLoop> transfer = std::move(idle_.back());
    idle_.pop_back();
    return transfer;
  }
  auto transfer = std::make_unique<OnLoop>(*this);
  CURL* easy = transfer->handle();
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Session::open_socket);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, transfer.get());
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &Session::close_socket);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, this);
  all_.push_back(easy);
  if (options_.control && all_.size() == 1) look_for_abort();
  return transfer;
}

// Sockets are opened and closed here, so that a connection is registered with
// the loop once in its life and not once per transfer.

curl_socket_t Session::open_socket(void* self, curlsocktype,
                                   curl_sockaddr* address) {
  auto& transfer = *static_cast<OnLoop*>(self);
  const int descriptor = ::socket(
      address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  if (descriptor < 0) {
    transfer.no_socket(errno);
    return CURL_SOCKET_BAD;
  }
  if (transfer.session.keep(descriptor, true)) return descriptor;
  transfer.no_socket(ENOBUFS);  // the loop has no room for it
  ::close(descriptor);
  return CURL_SOCKET_BAD;
}

int Session::close_socket(void* self, curl_socket_t descriptor) {
  static_cast<Session*>(self)->forget(descriptor);
  return ::close(descriptor);
}

Session::Socket* Session::keep(curl_socket_t descriptor, bool opened_here) {
  const auto at = static_cast<std::size_t>(descriptor);
  if (sockets_.size() <= at) sockets_.resize(at + 1);
  try {
    sockets_[at] = std::make_shared<Socket>(*this, descriptor, opened_here);
  } catch (const std::exception&) {  // the loop has no room for it
    return nullptr;
  }
  return sockets_[at].get();
}

void Session::forget(curl_socket_t descriptor) {
  const auto at = static_cast<std::size_t>(descriptor);
  if (at >= sockets_.size() || !sockets_[at]) return;
  sockets_[at]->session = nullptr;
  sockets_[at]->descriptor.release();  // libcurl's to close
  sockets_[at].reset();
}

int Session::want_socket(CURL*, curl_socket_t descriptor, int what, void* self,
                         void*) {
  auto& session = *static_cast<Session*>(self);
  const auto at = static_cast<std::size_t>(descriptor);
  bool known = at < session.sockets_.size() && session.sockets_[at];
  if (what == CURL_POLL_REMOVE) {
    if (!known) return 0;
    session.sockets_[at]->wanted = CURL_POLL_NONE;
    // One of libcurl's own (name resolution): it closes it without a word.
    if (!session.sockets_[at]->opened_here) session.forget(descriptor);
    return 0;
  }
  if (!known && !session.keep(descriptor, false)) return -1;
  session.sockets_[at]->wanted = what;
  session.watch(session.sockets_[at]);
  return 0;
}

void Session::watch(const std::shared_ptr<Socket>& socket) {
  if ((socket->wanted & CURL_POLL_IN) && !socket->waiting_to_read)
    wait_for(socket, true);
  if ((socket->wanted & CURL_POLL_OUT) && !socket->waiting_to_write)
    wait_for(socket, false);
}

void Session::wait_for(const std::shared_ptr<Socket>& socket, bool reading) {
  using Descriptor = asio::posix::descriptor_base;
  (reading ? socket->waiting_to_read : socket->waiting_to_write) = true;
  socket->descriptor.async_wait(
      reading ? Descriptor::wait_read : Descriptor::wait_write,
      [socket, reading](const boost::system::error_code& error) {
        (reading ? socket->waiting_to_read : socket->waiting_to_write) = false;
        if (!socket->session) return;
        const int kind = reading ? CURL_POLL_IN : CURL_POLL_OUT;
        if (!(socket->wanted & kind)) return;
        const int event = error     ? CURL_CSELECT_ERR
                          : reading ? CURL_CSELECT_IN
                                    : CURL_CSELECT_OUT;
        socket->session->act(socket->descriptor.native_handle(), event);
        if (socket->session) socket->session->watch(socket);
      });
}

int Session::want_timer(CURLM*, long timeout_ms, void* self) {
  auto& session = *static_cast<Session*>(self);
  session.deadline_ = Clock::time_point::max();
  if (timeout_ms > 0) {
    session.deadline_ = Clock::now() + std::chrono::milliseconds(timeout_ms);
    // A timer that fires too early only looks again, so a later deadline
    // leaves the armed one alone: it moves with every transfer.
    if (session.deadline_ < session.armed_for_) session.arm(session.deadline_);
  } else if (timeout_ms == 0) {
    // Posted, not called: libcurl must not be re-entered from a callback. And
    // not a timer of 0 ms, which costs nearly as much as the transfer.
    session.due_ = true;
    session.start_soon();
  }
  return 0;
}

void Session::arm(Clock::time_point when) {
  armed_for_ = when;
  timer_.expires_at(when);
  timer_.async_wait([token = self_](const boost::system::error_code& error) {
    Session* session = *token;
    if (error || !session) return;
    session->armed_for_ = Clock::time_point::max();
    if (Clock::now() >= session->deadline_) {
      session->deadline_ = Clock::time_point::max();
      session->act(CURL_SOCKET_TIMEOUT, 0);
    } else if (session->deadline_ != Clock::time_point::max()) {
      session->arm(session->deadline_);
    }
  });
}

void Session::start_soon() {
  // While libcurl acts, act() looks for more to start before it returns.
  if (acting_ || std::exchange(start_posted_, true)) return;
  asio::post(executor_, [token = self_] {
    Session* session = *token;
    if (!session) return;
    session->start_posted_ = false;
    session->act(CURL_SOCKET_TIMEOUT, 0);
  });
}

/// Hands libcurl what is to be started, but not all at once: it would connect
/// every one of them before it sent the first request. False as finish_done().
bool Session::start_some() {
  const std::shared_ptr<Session*> token = self_;
  constexpr int at_once = 16;
  for (int i = 0; i < at_once && !starting_.empty(); ++i) {
    CURL* easy = starting_.front();
    starting_.pop_front();
    if (curl_multi_add_handle(multi_, easy) == CURLM_OK) continue;
    finish(easy, CURLE_FAILED_INIT);
    if (!*token) return false;
  }
  return true;
}

void Session::act(curl_socket_t descriptor, int events) {
  const std::shared_ptr<Session*> token = self_;
  acting_ = true;
  int running = 0;
  if (descriptor != CURL_SOCKET_TIMEOUT)
    curl_multi_socket_action(multi_, descriptor, events, &running);
  if (!finish_done()) return;
  // Where more is about to be started, every event would start its share, and
  // the requests of those that are connected would wait behind it.
  if (!start_posted_ && !start_some()) return;
  if (std::exchange(due_, false) || descriptor == CURL_SOCKET_TIMEOUT)
    curl_multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running);
  if (!finish_done()) return;
  acting_ = false;
  if (due_ || !starting_.empty()) start_soon();
}

/// Resumes the coroutines whose transfers are done, here and now. The last of
/// them may end the session: false says that it is gone.
bool Session::finish_done() {
  const std::shared_ptr<Session*> token = self_;
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

/// Nothing tells a loop that a word in shared memory has changed, so it looks.
void Session::look_for_abort() {
  abort_timer_.expires_after(abort_latency);
  abort_timer_.async_wait(
      [token = self_](const boost::system::error_code& error) {
        Session* session = *token;
        if (error || !session) return;
        if (aborted(session->options_)) return session->cancel_all();
        session->look_for_abort();
      });
}

void Session::cancel_all() {
  const std::shared_ptr<Session*> token = self_;
  starting_.clear();
  for (std::size_t at = 0; at < all_.size(); ++at) {
    void* waiting = nullptr;
    curl_easy_getinfo(all_[at], CURLINFO_PRIVATE, &waiting);
    if (!waiting) continue;
    curl_easy_setopt(all_[at], CURLOPT_QUICK_EXIT, 1L);  // see common/session
    curl_multi_remove_handle(multi_, all_[at]);
    finish(all_[at], CURLE_ABORTED_BY_CALLBACK);
    if (!*token) return;
  }
}

void Session::finish(CURL* easy, CURLcode code) {
  void* waiting = nullptr;
  curl_easy_getinfo(easy, CURLINFO_PRIVATE, &waiting);
  curl_easy_setopt(easy, CURLOPT_PRIVATE, nullptr);
  const std::unique_ptr<Waiting> coroutine(static_cast<Waiting*>(waiting));
  coroutine->resume(code);
}

}  // namespace interleave::async
