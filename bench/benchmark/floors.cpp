#include "bench/benchmark/floors.hpp"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

#include "common/transfer.hpp"
#include "common/usage.hpp"

namespace interleave {

namespace {

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(std::string(what) + ": a request failed");
}

// ---- libcurl ---------------------------------------------------------------

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeMulti {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};
using Easy = std::unique_ptr<CURL, FreeEasy>;
using Multi = std::unique_ptr<CURLM, FreeMulti>;

std::size_t count_bytes(char*, std::size_t size, std::size_t count, void* sum) {
  *static_cast<std::size_t*>(sum) += size * count;
  return size * count;
}

/// A handle that counts what it receives.
Easy counting_handle(std::size_t& received) {
  Easy easy(curl_easy_init());
  if (!easy) fail("curl");
  curl_easy_setopt(easy.get(), CURLOPT_WRITEFUNCTION, count_bytes);
  curl_easy_setopt(easy.get(), CURLOPT_WRITEDATA, &received);
  curl_easy_setopt(easy.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy.get(), CURLOPT_PROXY, "");
  return easy;
}

void require(const Item& item, std::size_t received) {
  if (item.expected && item.expected->bytes != received) fail("floor");
}

/// One thread's share: the calls the blocking session makes.
void curl_thread(std::span<const Item> items, std::atomic<std::size_t>& next,
                 std::atomic<bool>& failed) {
  std::size_t received = 0;
  const Easy easy = counting_handle(received);
  const Multi multi(curl_multi_init());
  for (std::size_t i = next++; i < items.size() && !failed; i = next++) {
    received = 0;
    curl_easy_setopt(easy.get(), CURLOPT_URL, items[i].url.c_str());
    curl_multi_add_handle(multi.get(), easy.get());
    CURLMsg* message = nullptr;
    for (int running = 1, left = 0; !message;) {
      curl_multi_perform(multi.get(), &running);
      message = curl_multi_info_read(multi.get(), &left);
      if (!message) curl_multi_poll(multi.get(), nullptr, 0, 200, nullptr);
    }
    if (message->data.result != CURLE_OK ||
        items[i].expected->bytes != received)
      failed = true;
    curl_multi_remove_handle(multi.get(), easy.get());
  }
}

void curl_threads(std::span<const Item> items, unsigned limit) {
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> failed = false;
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < limit; ++i)
    threads.emplace_back(curl_thread, items, std::ref(next), std::ref(failed));
  for (std::thread& thread : threads) thread.join();
  if (failed) fail("curl, threads");
}

/// curl_multi_socket_action over epoll, and nothing else.
class CurlLoop {
 public:
  CurlLoop(std::span<const Item> items, unsigned limit)
      : items_(items), received_(limit), current_(limit) {
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETFUNCTION, want_socket);
    curl_multi_setopt(multi_.get(), CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERFUNCTION, want_timer);
    curl_multi_setopt(multi_.get(), CURLMOPT_TIMERDATA, this);
    for (unsigned i = 0; i < limit; ++i) {
      easies_.push_back(counting_handle(received_[i]));
      curl_easy_setopt(easies_[i].get(), CURLOPT_PRIVATE,
                       reinterpret_cast<void*>(std::uintptr_t{i}));
    }
  }
  ~CurlLoop() {
    for (const Easy& easy : easies_)
      curl_multi_remove_handle(multi_.get(), easy.get());
    multi_.reset();  // it still calls want_socket
    close(poll_);
  }
  CurlLoop(const CurlLoop&) = delete;
  CurlLoop& operator=(const CurlLoop&) = delete;

  void run() {
    for (std::size_t i = 0; i < easies_.size(); ++i) start(i);
    std::array<epoll_event, 64> events;
    while (done_ < items_.size()) {
      const int count = epoll_wait(poll_, events.data(), events.size(), wait_);
      for (int at = 0; at < count; ++at) act(events[at]);
      if (count == 0 || wait_ == 0) {
        wait_ = -1;
        act(CURL_SOCKET_TIMEOUT, 0);
      }
    }
  }

 private:
  void start(std::size_t slot) {
    if (next_ == items_.size()) return;
    received_[slot] = 0;
    current_[slot] = next_++;
    curl_easy_setopt(easies_[slot].get(), CURLOPT_URL,
                     items_[current_[slot]].url.c_str());
    curl_multi_add_handle(multi_.get(), easies_[slot].get());
  }

  void act(const epoll_event& event) {
    act(event.data.fd, (event.events & EPOLLIN ? CURL_CSELECT_IN : 0) |
                           (event.events & EPOLLOUT ? CURL_CSELECT_OUT : 0));
  }

  void act(curl_socket_t socket, int events) {
    int running = 0, left = 0;
    curl_multi_socket_action(multi_.get(), socket, events, &running);
    while (CURLMsg* message = curl_multi_info_read(multi_.get(), &left)) {
      if (message->data.result != CURLE_OK) fail("curl, loop");
      void* slot = nullptr;
      curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &slot);
      curl_multi_remove_handle(multi_.get(), message->easy_handle);
      const auto at = reinterpret_cast<std::uintptr_t>(slot);
      require(items_[current_[at]], received_[at]);
      ++done_;
      start(at);
    }
  }

  static int want_socket(CURL*, curl_socket_t socket, int what, void* self,
                         void* known) {
    auto& loop = *static_cast<CurlLoop*>(self);
    epoll_event event{};
    event.data.fd = socket;
    if (what & CURL_POLL_IN) event.events |= EPOLLIN;
    if (what & CURL_POLL_OUT) event.events |= EPOLLOUT;
    const int operation = what == CURL_POLL_REMOVE ? EPOLL_CTL_DEL
                          : known                  ? EPOLL_CTL_MOD
                                                   : EPOLL_CTL_ADD;
    epoll_ctl(loop.poll_, operation, socket, &event);
    curl_multi_assign(loop.multi_.get(), socket,
                      what == CURL_POLL_REMOVE ? nullptr : self);
    return 0;
  }

  static int want_timer(CURLM*, long timeout_ms, void* self) {
    static_cast<CurlLoop*>(self)->wait_ = static_cast<int>(timeout_ms);
    return 0;
  }

  std::span<const Item> items_;
  const int poll_ = epoll_create1(EPOLL_CLOEXEC);
  Multi multi_{curl_multi_init()};
  std::vector<Easy> easies_;
  std::vector<std::size_t> received_, current_;  // by slot
  std::size_t next_ = 0, done_ = 0;
  int wait_ = -1;  // ms
};

void curl_loop(std::span<const Item> items, unsigned limit) {
  CurlLoop(items, limit).run();
}

// ---- epoll alone -----------------------------------------------------------

/// Where a url of the origin leads: `http://127.0.0.1:PORT/PATH`.
struct Address {
  explicit Address(std::string_view url) {
    constexpr std::string_view scheme = "http://";
    const std::size_t slash = url.find('/', scheme.size());
    host = url.substr(scheme.size(), slash - scheme.size());
    path = url.substr(slash);
  }

  sockaddr_in endpoint() const {
    const std::size_t colon = host.find(':');
    std::uint16_t port = 0;
    std::from_chars(host.data() + colon + 1, host.data() + host.size(), port);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    const std::string numeric(host.substr(0, colon));
    inet_pton(AF_INET, numeric.c_str(), &to.sin_addr);
    return to;
  }

  std::string_view host, path;  // the host with its port
};

/// Sends what libcurl would send, reads what comes, looks at its length only.
class BareLoop {
 public:
  BareLoop(std::span<const Item> items, unsigned limit)
      : items_(items), slots_(limit) {}
  ~BareLoop() {
    for (const Slot& slot : slots_)
      if (slot.socket >= 0) close(slot.socket);
    close(poll_);
  }
  BareLoop(const BareLoop&) = delete;
  BareLoop& operator=(const BareLoop&) = delete;

  void run() {
    for (Slot& slot : slots_) start(slot);
    std::array<epoll_event, 64> events;
    while (done_ < items_.size()) {
      const int count = epoll_wait(poll_, events.data(), events.size(), -1);
      for (int at = 0; at < count; ++at) {
        Slot& slot = *static_cast<Slot*>(events[at].data.ptr);
        if (!slot.connecting) {
          receive(slot);
        } else {
          watch(slot, EPOLL_CTL_MOD, EPOLLIN);
          send(slot);
        }
      }
    }
  }

 private:
  struct Slot {
    int socket = -1;
    bool connecting = false;
    std::size_t item = 0;
    std::string_view host;  // that the socket leads to
    std::string received;
    std::size_t wanted = 0;  // 0 until the head is there
  };

  void start(Slot& slot) {
    if (next_ == items_.size()) return;
    slot.item = next_++;
    slot.received.clear();
    slot.wanted = 0;
    const Address address(items_[slot.item].url);
    if (slot.host != address.host) connect(slot, address);
    send(slot);
  }

  /// Does not wait: with many in flight, the others' replies would.
  void connect(Slot& slot, const Address& address) {
    if (slot.socket >= 0) close(slot.socket);
    slot.host = address.host;
    slot.socket =
        ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const sockaddr_in endpoint = address.endpoint();
    const auto* to = reinterpret_cast<const sockaddr*>(&endpoint);
    if (::connect(slot.socket, to, sizeof endpoint) != 0 &&
        errno != EINPROGRESS)
      fail("epoll");
    const int on = 1;
    setsockopt(slot.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    watch(slot, EPOLL_CTL_ADD, EPOLLIN);
  }

  void watch(Slot& slot, int operation, std::uint32_t what) {
    epoll_event event{};
    event.events = what;
    event.data.ptr = &slot;
    epoll_ctl(poll_, operation, slot.socket, &event);
  }

  void send(Slot& slot) {
    const Address address(items_[slot.item].url);
    request_ = "GET ";
    request_ += address.path;
    request_ += " HTTP/1.1\r\nHost: ";
    request_ += address.host;
    request_ += "\r\nAccept: */*\r\n\r\n";
    const ssize_t sent =
        ::send(slot.socket, request_.data(), request_.size(), MSG_NOSIGNAL);
    slot.connecting = sent < 0 && errno == EAGAIN;
    if (slot.connecting) return watch(slot, EPOLL_CTL_MOD, EPOLLOUT);
    if (sent != static_cast<ssize_t>(request_.size())) fail("epoll");
  }

  void receive(Slot& slot) {
    std::array<char, 16 * 1024> chunk;
    const ssize_t got = recv(slot.socket, chunk.data(), chunk.size(), 0);
    if (got <= 0) fail("epoll");
    slot.received.append(chunk.data(), static_cast<std::size_t>(got));
    if (slot.wanted == 0) {
      const std::size_t head = slot.received.find("\r\n\r\n");
      if (head == slot.received.npos) return;
      slot.wanted = head + 4 + items_[slot.item].expected->bytes;
    }
    if (slot.received.size() < slot.wanted) return;
    if (slot.received.size() > slot.wanted) fail("epoll");
    ++done_;
    start(slot);
  }

  std::span<const Item> items_;
  const int poll_ = epoll_create1(EPOLL_CLOEXEC);
  std::vector<Slot> slots_;
  std::string request_;
  std::size_t next_ = 0, done_ = 0;
};

void bare_loop(std::span<const Item> items, unsigned limit) {
  BareLoop(items, limit).run();
}

constexpr std::array all_floors{
    Floor{"curl_threads", "threads that call libcurl", curl_threads},
    Floor{"curl_loop", "a loop over epoll that calls libcurl", curl_loop},
    Floor{"epoll", "a loop over epoll that sends and receives the bytes",
          bare_loop},
};

}  // namespace

std::span<const Floor> floors() {
  return all_floors;
}

Cost cost_of(const Floor& floor, std::span<const Item> items,
             std::span<const Item> warm_up, unsigned limit) {
  initialise_curl();
  if (!warm_up.empty())
    floor.run(warm_up, std::min(limit, static_cast<unsigned>(warm_up.size())));
  Cost cost = cost_of(items.size(), [&] { floor.run(items, limit); });
  cost.bytes = static_cast<double>(peak_rss_bytes());
  return cost;
}

}  // namespace interleave
