#include "common/beast_client.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <cstdlib>
#include <exception>
#include <tuple>
#include <utility>

#include "common/waiting.hpp"

namespace interleave {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr int most_redirects = 5;  // as libcurl is told
constexpr std::uint32_t longest_head = 64 * 1024;
constexpr std::size_t most_received = 64 * 1024;

constexpr auto quietly = asio::as_tuple(asio::deferred);

Error error_of(ErrorKind kind, const error_code& code) {
  return {kind, code.message()};
}

Error explain_connection(const error_code& code) {
  switch (code.value()) {
    case ECONNREFUSED:
      return error_of(ErrorKind::refused, code);
    case EMFILE:
    case ENFILE:
    case ENOBUFS:
    case EADDRNOTAVAIL:
      return error_of(ErrorKind::descriptors, code);
    default:
      return error_of(ErrorKind::other, code);
  }
}

/// libcurl's parser of urls, so that a url means the same to both transports.
struct FreeUrl {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, FreeUrl>;

std::string part(const Url& url, CURLUPart which, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), which, &text, flags) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

}  // namespace

/// Where a request goes.
struct BeastClient::Address {
  std::string scheme, host, port, authority, target;

  /// False when the text is no url, or none with a host.
  bool parse(const Url& url) {
    scheme = part(url, CURLUPART_SCHEME);
    host = part(url, CURLUPART_HOST);
    port = part(url, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    authority = host + ":" + port;
    target = part(url, CURLUPART_PATH);
    const std::string query = part(url, CURLUPART_QUERY);
    if (!query.empty()) target += "?" + query;
    if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
    return !host.empty();
  }
};

/// What is asked, and of whom.
struct BeastClient::Question {
  Address address;
  const std::string* body;  // of a PUT; nullptr: a GET
};

struct BeastClient::Reply {
  explicit Reply(const Options& options) : most(options.max_body) {}

  void begin() {
    parser.emplace();
    parser->body_limit(most);
    parser->header_limit(longest_head);
    parser->eager(true);
    unread.clear();
  }

  const std::size_t most;
  std::optional<http::response_parser<http::string_body>> parser;
  std::string unread;  // what the parser wants to see again, with more
};

/// One that is under way.
struct BeastClient::Transfer {
  explicit Transfer(const Executor& executor) : socket(executor) {}

  enum class Cut { no, timeout, abort };
  Error explain(const Options& options) const {
    if (cut == Cut::abort) return cancelled();
    return {ErrorKind::timeout,
            fmt::format("no end after {} ms", options.timeout.count())};
  }

  Clock::time_point deadline;
  Cut cut = Cut::no;
  Socket socket;
  asio::ip::basic_resolver<asio::ip::tcp, Executor>* resolver = nullptr;
};

/// Keeps a transfer in the list of those that are watched.
class BeastClient::Watched {
 public:
  Watched(BeastClient& client, Transfer& transfer) : client_(client) {
    transfer.deadline = Clock::now() + client.options_.timeout;
    at_ = client.active_.insert(client.active_.end(), &transfer);
    client.arm();
  }
  ~Watched() { client_.active_.erase(at_); }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

 private:
  BeastClient& client_;
  std::list<Transfer*>::iterator at_;
};

BeastClient::BeastClient(const Executor& executor, const Options& options)
    : executor_(executor),
      options_(options),
      timer_(executor),
      received_(most_received),
      self_(std::make_shared<BeastClient*>(this)) {}

BeastClient::~BeastClient() {
  *self_ = nullptr;
}

auto BeastClient::fetch(const Item& item) -> Task<Download> {
  Reply reply(options_);
  Error error = co_await perform(item.url, nullptr, reply);
  Download download = only(std::move(error));
  if (download.result.status == Status::completed) {
    download.body = std::move(reply.parser->get().body());
    download.result.bytes = download.body.size();
  } else if (download.result.error.kind == ErrorKind::truncated &&
             item.expected) {
    download.result.error.text =
        fmt::format("truncated: {} of {} bytes",
                    reply.parser->get().body().size(), item.expected->bytes);
  }
  co_return download;
}

auto BeastClient::send(const Item& item, const std::string& output)
    -> Task<Error> {
  Reply reply(options_);
  co_return co_await perform(item.then, &output, reply);
}

/// Asks, and follows where the replies lead.
auto BeastClient::perform(const std::string& url, const std::string* body,
                          Reply& reply) -> Task<Error> {
  Transfer transfer(executor_);
  const Watched watched(*this, transfer);
  const Url at(curl_url());
  Question question{{}, body};
  std::string next = url;
  for (int redirects = 0; redirects <= most_redirects; ++redirects) {
    constexpr unsigned any_scheme = CURLU_NON_SUPPORT_SCHEME;
    if (curl_url_set(at.get(), CURLUPART_URL, next.c_str(), any_scheme) !=
            CURLUE_OK ||
        !question.address.parse(at))
      co_return Error{ErrorKind::scheme_denied, "not a url with a host"};
    if (question.address.scheme != "http")
      co_return Error{ErrorKind::scheme_denied,
                      fmt::format("'{}' is not http, all that this transport "
                                  "speaks",
                                  question.address.scheme)};
    Error error = co_await ask(question, transfer, reply);
    if (error.kind != ErrorKind::none) co_return error;
    const auto& head = reply.parser->get();
    const unsigned status = head.result_int();
    if (status >= 400)
      co_return Error{ErrorKind::http, fmt::format("http {}", status)};
    const auto location = head.find(http::field::location);
    if (status < 300 || location == head.end()) co_return Error();
    next = std::string(location->value());
  }
  co_return Error{ErrorKind::redirect_loop,
                  fmt::format("more than {} redirects", most_redirects)};
}

/// One request and its reply. A connection that was kept may have been closed
/// meanwhile: then another is tried, and a new one in the end.
auto BeastClient::ask(const Question& question, Transfer& transfer,
                      Reply& reply) -> Task<Error> {
  for (;;) {
    std::vector<Socket>& idle = idle_[question.address.authority];
    const bool kept = !idle.empty();
    if (kept) {
      transfer.socket = std::move(idle.back());
      idle.pop_back();
    } else {
      Error error = co_await connect(question.address, transfer);
      if (error.kind != ErrorKind::none) co_return error;
    }
    reply.begin();
    Error error = co_await write(question, transfer);
    if (error.kind == ErrorKind::none) error = co_await read(transfer, reply);
    if (error.kind == ErrorKind::none) {
      keep(question.address, transfer, reply);
      co_return error;
    }
    error_code ignored;
    transfer.socket.close(ignored);
    const bool stale = kept && !reply.parser->got_some() &&
                       reply.unread.empty() &&
                       transfer.cut == Transfer::Cut::no;
    if (!stale) co_return error;
  }
}

/// Tries every address that the host has, as libcurl does.
auto BeastClient::connect(const Address& address, Transfer& transfer)
    -> Task<Error> {
  std::vector<asio::ip::tcp::endpoint> endpoints;
  Error error = co_await resolve(address, transfer, endpoints);
  for (const asio::ip::tcp::endpoint& to : endpoints) {
    error = co_await connect_to(to, transfer);
    if (error.kind == ErrorKind::none || transfer.cut != Transfer::Cut::no)
      break;
  }
  co_return error;
}

auto BeastClient::resolve(const Address& address, Transfer& transfer,
                          std::vector<asio::ip::tcp::endpoint>& endpoints)
    -> Task<Error> {
  error_code code;
  const auto port = static_cast<unsigned short>(
      std::strtoul(address.port.c_str(), nullptr, 10));
  const asio::ip::address numeric = asio::ip::make_address(address.host, code);
  if (!code) {
    endpoints.emplace_back(numeric, port);
    co_return Error();
  }
  asio::ip::basic_resolver<asio::ip::tcp, Executor> resolver(executor_);
  transfer.resolver = &resolver;
  auto [failed, found] =
      co_await resolver.async_resolve(address.host, address.port, quietly);
  transfer.resolver = nullptr;
  if (transfer.cut != Transfer::Cut::no) co_return transfer.explain(options_);
  if (failed)
    co_return Error{ErrorKind::dns,
                    fmt::format("{}: {}", address.host, failed.message())};
  for (const auto& entry : found) endpoints.push_back(entry.endpoint());
  co_return Error();
}

auto BeastClient::connect_to(const asio::ip::tcp::endpoint& to,
                             Transfer& transfer) -> Task<Error> {
  error_code code;
  transfer.socket.close(code);
  transfer.socket.open(to.protocol(), code);
  if (!code) transfer.socket.non_blocking(true, code);
  if (code) co_return explain_connection(code);
  std::tie(code) = co_await transfer.socket.async_connect(to, quietly);
  if (transfer.cut != Transfer::Cut::no) co_return transfer.explain(options_);
  if (code) co_return explain_connection(code);
  transfer.socket.set_option(asio::ip::tcp::no_delay(true), code);
  co_return Error();
}

auto BeastClient::write(const Question& question, Transfer& transfer)
    -> Task<Error> {
  http::request<http::span_body<const char>> request(
      question.body ? http::verb::put : http::verb::get,
      question.address.target, 11);
  request.set(http::field::host, question.address.authority);
  request.set(http::field::user_agent, "interleave");
  request.set(http::field::accept, "*/*");
  if (question.body) {
    request.body() = {question.body->data(), question.body->size()};
    request.content_length(question.body->size());
  }
  http::request_serializer<http::span_body<const char>> serializer(request);
  while (!serializer.is_done()) {
    error_code code;
    std::size_t written = 0;
    serializer.next(code, [&](error_code&, const auto& buffers) {
      written = transfer.socket.write_some(buffers, code);
    });
    serializer.consume(written);
    if (code == asio::error::would_block)
      std::tie(code) =
          co_await transfer.socket.async_wait(Socket::wait_write, quietly);
    if (transfer.cut != Transfer::Cut::no) co_return transfer.explain(options_);
    if (code) co_return error_of(ErrorKind::reset, code);
  }
  co_return Error();
}

/// Waits first: the reply takes a while. What is received goes to the parser
/// before anybody else reads, so one buffer does for all.
auto BeastClient::read(Transfer& transfer, Reply& reply) -> Task<Error> {
  while (!reply.parser->is_done()) {
    auto [code] =
        co_await transfer.socket.async_wait(Socket::wait_read, quietly);
    std::size_t got = 0;
    if (!code) got = transfer.socket.read_some(asio::buffer(received_), code);
    if (transfer.cut != Transfer::Cut::no) co_return transfer.explain(options_);
    if (code == asio::error::would_block) continue;
    if (code == asio::error::eof) {
      if (!reply.parser->got_some())
        co_return Error{ErrorKind::closed, "closed before the reply"};
      reply.parser->put_eof(code);
      if (code == http::error::partial_message)
        co_return error_of(ErrorKind::truncated, code);
      if (code) co_return error_of(ErrorKind::protocol, code);
      continue;
    }
    if (code) co_return error_of(ErrorKind::reset, code);
    Error error = feed(got, reply);
    if (error.kind != ErrorKind::none) co_return error;
  }
  co_return Error();
}

Error BeastClient::feed(std::size_t received, Reply& reply) {
  std::string_view bytes(received_.data(), received);
  if (!reply.unread.empty()) {
    reply.unread.append(bytes);
    bytes = reply.unread;
  }
  error_code code;
  std::size_t used = 0;
  while (used < bytes.size() && !reply.parser->is_done()) {
    const std::size_t now = reply.parser->put(
        asio::buffer(bytes.data() + used, bytes.size() - used), code);
    used += now;
    if (code || now == 0) break;
  }
  if (code == http::error::need_more) code = {};
  if (code == http::error::body_limit)
    return {ErrorKind::too_large,
            fmt::format("body over {} bytes", reply.most)};
  if (code) return error_of(ErrorKind::protocol, code);
  reply.unread = std::string(bytes.substr(used));
  return {};
}

void BeastClient::keep(const Address& address, Transfer& transfer,
                       const Reply& reply) {
  // What came behind a reply is an answer to nothing.
  const bool clean = reply.unread.empty() && reply.parser->get().keep_alive();
  if (clean) idle_[address.authority].push_back(std::move(transfer.socket));
  error_code ignored;
  transfer.socket.close(ignored);
}

void BeastClient::arm() {
  if (armed_ || active_.empty()) return;
  armed_ = true;
  timer_.expires_at(std::min<Clock::time_point>(active_.front()->deadline,
                                                Clock::now() + abort_latency));
  timer_.async_wait([token = self_](const error_code& code) {
    BeastClient* const client = *token;
    if (code || !client) return;
    client->armed_ = false;
    client->look();
    client->arm();
  });
}

/// Ends what may not go on: a coroutine that waits on a closed socket resumes.
void BeastClient::look() {
  const bool all = aborted(options_);
  const auto now = Clock::now();
  for (Transfer* transfer : active_) {
    if (transfer->cut != Transfer::Cut::no) continue;
    if (!all && transfer->deadline > now) break;
    transfer->cut = all ? Transfer::Cut::abort : Transfer::Cut::timeout;
    error_code ignored;
    transfer->socket.close(ignored);
    if (transfer->resolver) transfer->resolver->cancel();
  }
}

BlockingBeast::BlockingBeast(const Options& options)
    : client_(context_.get_executor(), options) {}

Download BlockingBeast::fetch(const Item& item) {
  return run(client_.fetch(item));
}

Error BlockingBeast::send(const Item& item, const std::string& output) {
  return run(client_.send(item, output));
}

template <class T>
T BlockingBeast::run(BeastClient::Task<T> task) {
  std::optional<T> value;
  std::exception_ptr error;
  asio::co_spawn(context_, std::move(task),
                 [&](std::exception_ptr thrown, T returned) {
                   error = thrown;
                   if (!error) value = std::move(returned);
                 });
  context_.restart();
  while (!value && !error) context_.run_one();
  if (error) std::rethrow_exception(error);
  return *std::move(value);
}

}  // namespace interleave
