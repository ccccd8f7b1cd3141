#include "bench/site/serve.hpp"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <csignal>
#include <map>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "bench/site/places.hpp"

namespace interleave::site {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

constexpr auto as_result = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds patience{30};  // with a browser that is idle

using Request = http::request<http::string_body>;
using Reply = http::response<http::string_body>;
using Files = std::map<std::string, std::string, std::less<>>;

std::string_view type_of(std::string_view path) {
  if (path.ends_with(".css")) return "text/css; charset=utf-8";
  if (path.ends_with(".json")) return "application/json";
  return "text/html; charset=utf-8";
}

std::string_view path_of(const Request& request) {
  std::string_view path(request.target().data(), request.target().size());
  path = path.substr(0, path.find_first_of("?#"));
  if (path.starts_with('/')) path.remove_prefix(1);
  return path.empty() ? index_page : path;
}

constexpr std::string_view nothing_here = R"(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/style.css">
<title>Nothing is here - Interleave</title>
</head>
<body>
<main>
<h1>Nothing is here</h1>
<p><a href="/">Interleave: the grid</a> leads to every page.</p>
</main>
</body>
</html>
)";

/// Pages change with the program, so nobody may keep them.
Reply reply_to(const Request& request, const Files& files) {
  Reply reply(http::status::ok, request.version());
  reply.keep_alive(request.keep_alive());
  reply.set(http::field::cache_control, "no-store");
  reply.set("X-Content-Type-Options", "nosniff");
  const std::string_view path = path_of(request);
  const auto found = files.find(path);
  const bool read = request.method() == http::verb::get ||
                    request.method() == http::verb::head;
  if (!read) {
    reply.result(http::status::method_not_allowed);
    reply.set(http::field::allow, "GET, HEAD");
  } else if (found == files.end()) {
    reply.result(http::status::not_found);
    reply.set(http::field::content_type, type_of(""));
    reply.body() = nothing_here;
  } else {
    reply.set(http::field::content_type, type_of(path));
    reply.body() = found->second;
  }
  reply.prepare_payload();
  if (request.method() == http::verb::head) reply.body().clear();
  return reply;
}

asio::awaitable<void> serve_client(tcp::socket socket, const Files& files) {
  beast::tcp_stream stream(std::move(socket));
  beast::flat_buffer buffer;
  bool open = true;
  while (open) {
    Request request;
    stream.expires_after(patience);
    const auto [unread, got] =
        co_await http::async_read(stream, buffer, request, as_result);
    if (unread) co_return;
    Reply reply = reply_to(request, files);
    open = reply.keep_alive();
    stream.expires_after(patience);
    const auto [unsent, sent] =
        co_await http::async_write(stream, reply, as_result);
    if (unsent) co_return;
  }
  beast::error_code gone;
  stream.socket().shutdown(tcp::socket::shutdown_send, gone);
}

asio::awaitable<void> accept_clients(tcp::acceptor& acceptor,
                                     const Files& files) {
  const auto executor = co_await asio::this_coro::executor;
  while (true) {
    auto [error, socket] = co_await acceptor.async_accept(as_result);
    if (error) co_return;
    asio::awaitable<void> client = serve_client(std::move(socket), files);
    asio::co_spawn(executor, std::move(client), [](std::exception_ptr failed) {
      if (failed) std::rethrow_exception(failed);
    });
  }
}

tcp::acceptor listen(asio::io_context& context, std::uint16_t port) {
  try {
    const tcp::endpoint endpoint(asio::ip::address_v4::loopback(), port);
    return tcp::acceptor(context, endpoint);
  } catch (const boost::system::system_error& error) {
    throw std::runtime_error(fmt::format(
        "cannot listen on 127.0.0.1, port {}: {}; choose another or --port 0",
        port, error.code().message()));
  }
}

}  // namespace

void serve(std::vector<SiteFile> files, std::uint16_t port,
           const std::function<void(const std::string& url)>& on_listening) {
  Files by_path;
  for (SiteFile& file : files)
    by_path.emplace(std::move(file.path), std::move(file.text));
  asio::io_context context(1);
  tcp::acceptor acceptor = listen(context, port);
  asio::signal_set signals(context, SIGINT, SIGTERM);
  signals.async_wait([&](auto, int) { context.stop(); });
  asio::awaitable<void> accepting = accept_clients(acceptor, by_path);
  asio::co_spawn(context, std::move(accepting), [](std::exception_ptr failed) {
    if (failed) std::rethrow_exception(failed);
  });
  on_listening(
      fmt::format("http://127.0.0.1:{}/", acceptor.local_endpoint().port()));
  context.run();
}

}  // namespace interleave::site
