// The origin: a small HTTP server whose every reply is known beforehand.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include "bench/origin/connection.hpp"
#include "bench/origin/counters.hpp"
#include "bench/origin/settings.hpp"

namespace interleave::origin {

/// Serves from the thread that runs `context`, until stop().
///
/// Thread safety: that thread only, but for the counters and the gate.
/// Invariants: the server outlives the context's run.
class Server {
 public:
  /// Listens from here on. Raises this process's limit of open descriptors as
  /// far as it may. `counters`, and `gate` unless it is nullptr, outlive the
  /// server. Throws std::runtime_error that says why it cannot listen.
  Server(boost::asio::io_context& context, const Settings& settings,
         Counters& counters, Gate* gate);

  /// The same at every address.
  std::uint16_t port() const { return port_; }

  /// One that is bound, so that nobody else takes it, but where nobody
  /// listens: connecting to it is refused.
  std::uint16_t refused_port() const { return service_.ports.refused; }

  /// Sends the longest held reply of this id; does nothing if there is none.
  void release(std::uint64_t id);

  /// Closes everything, so that the context runs out of work.
  void stop();

 private:
  using Acceptor =
      boost::asio::basic_socket_acceptor<boost::asio::ip::tcp, Executor>;

  struct Listener {
    explicit Listener(const Executor& executor)
        : acceptor(executor), pause(executor) {}
    Acceptor acceptor;
    Timer pause;
  };

  void listen(const Settings& settings);
  void listen_at(const std::string& address);
  void bind_refused(const Settings& settings);
  void accept(Listener& listener);
  void accept_all(Listener& listener);
  void pause(Listener& listener);

  boost::asio::io_context& context_;
  Service service_;
  std::deque<Listener> listeners_;  // one for each address
  Acceptor refused_;
  std::uint16_t port_ = 0;
};

/// Runs a server in this process until SIGINT or SIGTERM; returns 0. Calls
/// `on_listening` with the address and the port, once. `settings.gate` must be
/// false: nobody could release. Throws as Server does.
int serve(
    const Settings& settings,
    const std::function<void(const std::string&, std::uint16_t)>& on_listening);

/// The address that comes `nth` after this one, both numeric; 0 is itself.
/// Throws std::runtime_error where none follows.
std::string nth_address(const std::string& address, unsigned nth);

/// `http://127.0.0.1:8080`, with brackets around an IPv6 address.
std::string base_url(const std::string& address, std::uint16_t port);

}  // namespace interleave::origin
