#include "bench/origin/server.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <memory>
#include <stdexcept>
#include <utility>

#include "bench/origin/admission.hpp"
#include "bench/text/units.hpp"

namespace interleave::origin {

namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

/// The kernel lowers it to net.core.somaxconn.
constexpr int backlog = 65'535;

/// Connections accepted before the others get their turn.
constexpr int accept_batch = 64;

/// How long to leave new clients in the backlog when no descriptor is left:
/// asking again at once would spin.
constexpr std::chrono::milliseconds accept_pause{10};

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// For how many seconds a connection may wait with the kernel for its request.
using DeferAccept =
    asio::detail::socket_option::integer<IPPROTO_TCP, TCP_DEFER_ACCEPT>;

[[noreturn]] void fail(const std::string& address, std::uint16_t port,
                       const error_code& error) {
  if (error == asio::error::address_in_use)
    throw std::runtime_error(fmt::format(
        "port {} on {} is in use: choose another or --port 0", port, address));
  if (error == asio::error::access_denied)
    throw std::runtime_error(fmt::format(
        "port {} needs privileges: choose one above 1023 or --port 0", port));
  throw std::runtime_error(fmt::format("cannot listen on {}, port {}: {}",
                                       address, port, error.message()));
}

}  // namespace

Server::Server(asio::io_context& context, const Settings& settings,
               Counters& counters, Gate* gate)
    : context_(context),
      service_(counters, gate),
      refused_(context.get_executor()) {
  raise_descriptor_limit();
  listen(settings);
  bind_refused(settings);
  service_.ports.served = port_;
  if (settings.capacity.limited())
    service_.admission = std::make_unique<Admission>(
        context.get_executor(), settings.capacity, settings.replies, service_);
  for (Listener& listener : listeners_) accept(listener);
}

void Server::listen(const Settings& settings) {
  error_code error;
  asio::ip::make_address(settings.address, error);
  if (error)
    throw std::runtime_error(
        fmt::format("{} is not a numeric address: write 127.0.0.1",
                    in_quotes(settings.address)));
  port_ = settings.port;
  for (unsigned nth = 0; nth < settings.addresses; ++nth)
    listen_at(nth_address(settings.address, nth));
}

void Server::listen_at(const std::string& address) {
  const tcp::endpoint endpoint(asio::ip::make_address(address), port_);
  Acceptor& acceptor =
      listeners_.emplace_back(context_.get_executor()).acceptor;
  error_code error;
  const auto check = [&] {
    if (error) fail(address, port_, error);
  };
  acceptor.open(endpoint.protocol(), error);
  check();
  acceptor.set_option(Acceptor::reuse_address(true), error);
  check();
  // On Linux accepted sockets inherit it: one system call less for each.
  acceptor.set_option(tcp::no_delay(true), error);
  check();
  // Not woken for a connection before its request is there, as web servers do.
  acceptor.set_option(DeferAccept(1), error);
  check();
  acceptor.bind(endpoint, error);
  check();
  acceptor.listen(backlog, error);
  check();
  acceptor.non_blocking(true, error);
  check();
  port_ = acceptor.local_endpoint(error).port();
  check();
}

void Server::bind_refused(const Settings& settings) {
  error_code error;
  const tcp::endpoint any(asio::ip::make_address(settings.address), 0);
  refused_.open(any.protocol(), error);
  if (!error) refused_.bind(any, error);
  if (error) fail(settings.address, 0, error);
  service_.ports.refused = refused_.local_endpoint().port();
}

void Server::accept(Listener& listener) {
  listener.acceptor.async_wait(Acceptor::wait_read,
                               [&](const error_code& error) {
                                 if (!error) accept_all(listener);
                               });
}

void Server::accept_all(Listener& listener) {
  for (int i = 0; i < accept_batch; ++i) {
    Socket socket(context_.get_executor());
    error_code error;
    listener.acceptor.accept(socket, error);
    if (error == asio::error::would_block) break;
    if (error == asio::error::connection_aborted) continue;
    if (!error) socket.non_blocking(true, error);
    // Most likely no descriptor is left. Whatever it is, it will not be gone
    // at once.
    if (error) return pause(listener);
    std::make_shared<Connection>(std::move(socket), service_)->start();
  }
  accept(listener);
}

void Server::pause(Listener& listener) {
  listener.pause.expires_after(accept_pause);
  listener.pause.async_wait([&](const error_code& error) {
    if (!error) accept(listener);
  });
}

void Server::release(std::uint64_t id) {
  if (const auto connection = service_.release(id)) connection->release();
}

void Server::stop() {
  error_code ignored;
  for (Listener& listener : listeners_) {
    listener.acceptor.close(ignored);
    listener.pause.cancel(ignored);
  }
  refused_.close(ignored);
  while (!service_.open.empty()) (*service_.open.begin())->close();
}

int serve(const Settings& settings,
          const std::function<void(const std::string&, std::uint16_t)>&
              on_listening) {
  Counters counters;
  asio::io_context context(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE);
  Server server(context, settings, counters, nullptr);
  asio::basic_signal_set<Executor> signals(context.get_executor(), SIGINT,
                                           SIGTERM);
  signals.async_wait([&](const error_code&, int) { server.stop(); });
  on_listening(settings.address, server.port());
  context.run();
  return 0;
}

std::string nth_address(const std::string& address, unsigned nth) {
  if (nth == 0) return address;
  const auto first = asio::ip::make_address(address);
  if (!first.is_v4())
    throw std::runtime_error(
        fmt::format("no address follows {}: it is not an IPv4 one", address));
  return asio::ip::address_v4(first.to_v4().to_uint() + nth).to_string();
}

std::string base_url(const std::string& address, std::uint16_t port) {
  const bool v6 = address.find(':') != address.npos;
  return v6 ? fmt::format("http://[{}]:{}", address, port)
            : fmt::format("http://{}:{}", address, port);
}

}  // namespace interleave::origin
