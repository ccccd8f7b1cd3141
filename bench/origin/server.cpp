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

#include "bench/units.hpp"

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

[[noreturn]] void fail(const Settings& settings, const error_code& error) {
  const auto& [address, port, gate] = settings;
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
      acceptor_(context.get_executor()),
      refused_(context.get_executor()),
      pause_(context.get_executor()) {
  raise_descriptor_limit();
  listen(settings);
  bind_refused(settings);
  service_.ports.served = port_;
  accept();
}

void Server::listen(const Settings& settings) {
  error_code error;
  const auto address = asio::ip::make_address(settings.address, error);
  if (error)
    throw std::runtime_error(
        fmt::format("{} is not a numeric address: write 127.0.0.1",
                    in_quotes(settings.address)));

  const tcp::endpoint endpoint(address, settings.port);
  const auto check = [&] {
    if (error) fail(settings, error);
  };
  acceptor_.open(endpoint.protocol(), error);
  check();
  acceptor_.set_option(Acceptor::reuse_address(true), error);
  check();
  // On Linux accepted sockets inherit it: one system call less for each.
  acceptor_.set_option(tcp::no_delay(true), error);
  check();
  acceptor_.bind(endpoint, error);
  check();
  acceptor_.listen(backlog, error);
  check();
  acceptor_.non_blocking(true, error);
  check();
  port_ = acceptor_.local_endpoint(error).port();
  check();
}

void Server::bind_refused(const Settings& settings) {
  error_code error;
  const tcp::endpoint any(asio::ip::make_address(settings.address), 0);
  refused_.open(any.protocol(), error);
  if (!error) refused_.bind(any, error);
  if (error) fail(settings, error);
  service_.ports.refused = refused_.local_endpoint().port();
}

void Server::accept() {
  acceptor_.async_wait(Acceptor::wait_read, [this](const error_code& error) {
    if (!error) accept_all();
  });
}

void Server::accept_all() {
  for (int i = 0; i < accept_batch; ++i) {
    Socket socket(context_.get_executor());
    error_code error;
    acceptor_.accept(socket, error);
    if (error == asio::error::would_block) break;
    if (error == asio::error::connection_aborted) continue;
    if (!error) socket.non_blocking(true, error);
    // Most likely no descriptor is left. Whatever it is, it will not be gone
    // at once.
    if (error) return pause();
    std::make_shared<Connection>(std::move(socket), service_)->start();
  }
  accept();
}

void Server::pause() {
  pause_.expires_after(accept_pause);
  pause_.async_wait([this](const error_code& error) {
    if (!error) accept();
  });
}

void Server::release(std::uint64_t id) {
  if (const auto connection = service_.release(id)) connection->release();
}

void Server::stop() {
  error_code ignored;
  acceptor_.close(ignored);
  refused_.close(ignored);
  pause_.cancel(ignored);
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

std::string base_url(const std::string& address, std::uint16_t port) {
  const bool v6 = address.find(':') != address.npos;
  return v6 ? fmt::format("http://[{}]:{}", address, port)
            : fmt::format("http://{}:{}", address, port);
}

}  // namespace interleave::origin
