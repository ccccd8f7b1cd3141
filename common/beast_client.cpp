#include "common/beast_client.hpp"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/beast/http.hpp>
#include <cerrno>
#include <charconv>
#include <exception>
#include <iterator>
#include <utility>

#include "common/waiting.hpp"

namespace interleave {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;

namespace {

constexpr int most_redirects = 5;  // as libcurl is told
constexpr int most_interim = 16;
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

/// What became of a connection that was in progress.
template <class Socket>
error_code pending_error(Socket& socket) {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(socket.native_handle(), SOL_SOCKET, SO_ERROR, &error, &size))
    error = errno;
  return {error, boost::system::system_category()};
}

constexpr std::string_view scheme = "http://";

/// The endpoint that ADDRESS:PORT is.
std::optional<asio::ip::tcp::endpoint> endpoint_of(std::string_view authority) {
  const std::size_t colon = authority.rfind(':');
  if (colon == authority.npos) return std::nullopt;
  error_code code;
  const auto address =
      asio::ip::make_address_v4(std::string(authority.substr(0, colon)), code);
  std::uint16_t port = 0;
  const char* const end = authority.data() + authority.size();
  const auto [stopped, error] =
      std::from_chars(authority.data() + colon + 1, end, port);
  if (code || error != std::errc() || stopped != end) return std::nullopt;
  return asio::ip::tcp::endpoint(address, port);
}

}  // namespace

/// One reply, from its first byte on.
class BeastClient::Reply final : public http::basic_parser<false> {
 public:
  explicit Reply(const Options& options) : most_(options.max_body) {
    body_limit(most_);
    header_limit(longest_head);
    eager(true);
  }

  Error feed(std::string_view received);
  Error end();  // nothing more will come

  /// True when it only announces another one.
  bool interim() const { return is_done() && status < 200 && status != 101; }
  /// What has come behind it: of an interim reply, the next one's beginning.
  std::string take_rest() { return std::move(unread_); }
  /// True when nothing has: that would answer nobody.
  bool clean() const { return unread_.empty(); }

  unsigned status = 0;
  std::optional<std::string> location;
  std::string body;

 private:
  using View = boost::beast::string_view;

  void on_response_impl(int code, View, int, error_code&) override {
    status = static_cast<unsigned>(code);
  }
  void on_field_impl(http::field name, View, View value, error_code&) override {
    if (name == http::field::location && !location)
      location.emplace(value.data(), value.size());
  }
  void on_body_init_impl(const boost::optional<std::uint64_t>& length,
                         error_code&) override {
    if (length) body.reserve(static_cast<std::size_t>(*length));
  }
  std::size_t on_body_impl(View part, error_code&) override {
    body.append(part.data(), part.size());
    return part.size();
  }
  std::size_t on_chunk_body_impl(std::uint64_t, View part,
                                 error_code& code) override {
    return on_body_impl(part, code);
  }
  void on_request_impl(http::verb, View, View, int, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_chunk_header_impl(std::uint64_t, View, error_code&) override {}
  void on_finish_impl(error_code&) override {}

  const std::size_t most_;
  std::string unread_;  // what the parser wants to see again, with more
};

Error BeastClient::Reply::feed(std::string_view received) {
  if (!unread_.empty()) {
    unread_.append(received);
    received = unread_;
  }
  error_code code;
  std::size_t used = 0;
  while (used < received.size() && !is_done()) {
    const std::size_t now =
        put(asio::buffer(received.data() + used, received.size() - used), code);
    used += now;
    if (code || now == 0) break;
  }
  if (code == http::error::need_more) code = {};
  if (code == http::error::body_limit)
    return {ErrorKind::too_large, fmt::format("body over {} bytes", most_)};
  if (code) return error_of(ErrorKind::protocol, code);
  if (used < received.size() || !unread_.empty())
    unread_ = std::string(received.substr(used));
  return {};
}

Error BeastClient::Reply::end() {
  if (!got_some()) return {ErrorKind::closed, "closed before the reply"};
  error_code code;
  put_eof(code);
  if (code == http::error::partial_message)
    return error_of(ErrorKind::truncated, code);
  if (code) return error_of(ErrorKind::protocol, code);
  return {};
}

/// An exchange that is under way: all that is held while it waits.
struct BeastClient::Transfer : Watched {
  Transfer(BeastClient& client, const std::string& to, const std::string* sent)
      : Watched(client.executor_, Clock::now() + client.options_.timeout),
        url(&to),
        body(sent) {
    client.active_.push_back(*this);
    client.arm();
  }

  bool ok() const { return error.kind == ErrorKind::none; }
  std::string_view sends() const {
    return body ? std::string_view(*body) : std::string_view();
  }

  /// Whether it may go on after a wait that ended with `code`.
  bool may_go_on(const error_code& code, const Options& options) {
    if (cut == Cut::abort)
      error = cancelled();
    else if (cut == Cut::timeout)
      error = {ErrorKind::timeout,
               fmt::format("no end after {} ms", options.timeout.count())};
    else if (code)
      error = error_of(ErrorKind::reset, code);
    return ok();
  }

  const std::string* url;
  const std::string* body;  // of a PUT; nullptr: a GET
  std::size_t target = 0;   // where it begins in the url
  bool kept = false;        // the connection, from an earlier exchange
  unsigned short interim = 0, redirects = 0;
  Host* host = nullptr;
  std::unique_ptr<Reply> reply;           // from its first byte on
  std::unique_ptr<std::string> next_url;  // where a reply led
  Error error;
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
  return exchange(item, nullptr);
}

auto BeastClient::send(const Item& item, const std::string& output)
    -> Task<Error> {
  Download download = co_await exchange(item, &output);
  co_return std::move(download.result.error);
}

/// Asks, and follows where the replies lead. A connection that was kept may
/// have been closed meanwhile: then another is tried, and a new one in the end.
auto BeastClient::exchange(const Item& item, const std::string* body)
    -> Task<Download> {
  Transfer transfer(*this, body ? item.follow_up : item.url, body);
  do {
    find_host(transfer);
    if (transfer.ok() && !take_kept(transfer)) co_await connect(transfer);
    if (transfer.ok()) {
      const std::size_t left = start_write(transfer);
      if (left > 0) co_await write_rest(transfer, left);
    }
    // Waits first: the reply takes a while.
    while (transfer.ok() && !(transfer.reply && transfer.reply->is_done())) {
      auto [code] =
          co_await transfer.socket.async_wait(Socket::wait_read, quietly);
      receive(transfer, code);
    }
  } while (goes_on(transfer));
  co_return outcome(transfer, item);
}

/// None, where the url is not what the origin's are: redirects that are faults
/// lead to such.
void BeastClient::find_host(Transfer& transfer) {
  const std::string_view url = *transfer.url;
  const std::size_t slash =
      url.starts_with(scheme) ? url.find('/', scheme.size()) : url.npos;
  const std::string_view authority =
      slash == url.npos ? "" : url.substr(scheme.size(), slash - scheme.size());
  auto known = hosts_.find(authority);
  if (known == hosts_.end())
    if (const std::optional<Endpoint> endpoint = endpoint_of(authority))
      known = hosts_.emplace(authority, Host{*endpoint, {}}).first;
  transfer.target = slash;
  transfer.kept = false;
  transfer.host = known == hosts_.end() ? nullptr : &known->second;
  if (!transfer.host)
    transfer.error = {ErrorKind::scheme_denied,
                      "not http://ADDRESS:PORT/, all that this transport asks"};
}

/// One that is idle and silent. What has come on it unasked, its end too,
/// answers nobody.
bool BeastClient::take_kept(Transfer& transfer) {
  std::vector<Socket>& idle = transfer.host->idle;
  while (!idle.empty()) {
    Socket socket = std::move(idle.back());
    idle.pop_back();
    char unasked = 0;
    if (recv(socket.native_handle(), &unasked, 1, MSG_PEEK | MSG_DONTWAIT) >= 0)
      continue;
    if (errno != EAGAIN) continue;
    transfer.socket = std::move(socket);
    return transfer.kept = true;
  }
  return false;
}

/// Without waiting: in_progress where it would take that. Over the loopback the
/// connection stands when connect() returns, though it says otherwise, and
/// async_connect() would pay three calls and a turn of the loop to learn it.
error_code BeastClient::start_connect(Socket& socket, const Endpoint& to) {
  error_code code;
  socket.close(code);
  socket.open(to.protocol(), code);
  if (!code) socket.non_blocking(true, code);
  if (code) return code;
  if (::connect(socket.native_handle(), to.data(),
                static_cast<socklen_t>(to.size())) == 0)
    return {};
  code.assign(errno, boost::system::system_category());
  error_code not_yet;
  if (code == asio::error::in_progress) {
    socket.remote_endpoint(not_yet);
    if (!not_yet) return {};
  }
  return code;
}

auto BeastClient::connect(Transfer& transfer) -> Task<> {
  error_code code = start_connect(transfer.socket, transfer.host->endpoint);
  if (code == asio::error::in_progress) {
    co_await transfer.socket.async_wait(Socket::wait_write, quietly);
    if (!transfer.may_go_on({}, options_)) co_return;
    code = pending_error(transfer.socket);
  }
  if (code)
    transfer.error = explain_connection(code);
  else
    transfer.socket.set_option(asio::ip::tcp::no_delay(true), code);
}

/// Sends as much as the socket takes at once, and says how much is left.
std::size_t BeastClient::start_write(Transfer& transfer) {
  const std::string& url = *transfer.url;
  request_ = transfer.body ? "PUT " : "GET ";
  request_.append(url, transfer.target);
  request_ += " HTTP/1.1\r\nHost: ";
  request_.append(url, scheme.size(), transfer.target - scheme.size());
  request_ += "\r\nUser-Agent: interleave\r\nAccept: */*\r\n";
  if (transfer.body)
    fmt::format_to(std::back_inserter(request_), "Content-Length: {}\r\n",
                   transfer.body->size());
  request_ += "\r\n";
  return write_some(transfer, request_,
                    request_.size() + transfer.sends().size());
}

std::size_t BeastClient::write_some(Transfer& transfer, std::string_view head,
                                    std::size_t left) {
  const std::string_view body = transfer.sends();
  error_code code;
  if (body.empty()) {
    head.remove_prefix(head.size() - left);
    left -= transfer.socket.write_some(asio::buffer(head), code);
  } else {
    const std::size_t of_head = left > body.size() ? left - body.size() : 0;
    const std::array rest{
        asio::buffer(head.substr(head.size() - of_head)),
        asio::buffer(body.substr(body.size() - (left - of_head)))};
    left -= transfer.socket.write_some(rest, code);
  }
  if (code != asio::error::would_block) transfer.may_go_on(code, options_);
  return left;
}

/// What the socket did not take at once.
auto BeastClient::write_rest(Transfer& transfer, std::size_t left) -> Task<> {
  const std::string head = request_;  // others write theirs meanwhile
  while (transfer.ok() && left > 0) {
    auto [code] =
        co_await transfer.socket.async_wait(Socket::wait_write, quietly);
    if (transfer.may_go_on(code, options_))
      left = write_some(transfer, head, left);
  }
}

/// What is received goes to the parser before anybody else reads, so one
/// buffer does for all.
void BeastClient::receive(Transfer& transfer, const error_code& waited) {
  error_code code = waited;
  std::size_t got = 0;
  if (!code) got = transfer.socket.read_some(asio::buffer(received_), code);
  const bool ended = code == asio::error::eof;
  if (code == asio::error::would_block || ended) code = {};
  if (!transfer.may_go_on(code, options_)) return;
  if (ended) {
    transfer.error = transfer.reply
                         ? transfer.reply->end()
                         : Error{ErrorKind::closed, "closed before the reply"};
  } else if (got > 0) {
    if (!transfer.reply) transfer.reply = std::make_unique<Reply>(options_);
    transfer.error = transfer.reply->feed({received_.data(), got});
    skip_interim(transfer);
  }
}

/// Goes on to the reply that was announced (100, 103).
void BeastClient::skip_interim(Transfer& transfer) {
  while (transfer.ok() && transfer.reply->interim()) {
    if (transfer.interim++ == most_interim) {
      transfer.error = {
          ErrorKind::protocol,
          fmt::format("more than {} interim replies", most_interim)};
      return;
    }
    const std::string rest = transfer.reply->take_rest();
    transfer.reply = std::make_unique<Reply>(options_);
    if (!rest.empty()) transfer.error = transfer.reply->feed(rest);
  }
}

/// False when the exchange is over, well or not.
bool BeastClient::goes_on(Transfer& transfer) {
  if (transfer.ok()) {
    keep(transfer);
    return leads_on(transfer);
  }
  error_code ignored;
  transfer.socket.close(ignored);
  const bool stale = transfer.kept && transfer.cut == Cut::no &&
                     (!transfer.reply || !transfer.reply->got_some());
  if (stale) transfer.error = {};
  return stale;
}

void BeastClient::keep(Transfer& transfer) {
  const Reply& reply = *transfer.reply;
  if (reply.clean() && reply.keep_alive())
    transfer.host->idle.push_back(std::move(transfer.socket));
  error_code ignored;
  transfer.socket.close(ignored);
}

/// Whether the reply leads to another url, which is then the one to ask.
bool BeastClient::leads_on(Transfer& transfer) {
  const Reply& reply = *transfer.reply;
  if (reply.status < 200)
    transfer.error = {ErrorKind::protocol, "another protocol, unasked for"};
  if (reply.status >= 400)
    transfer.error = {ErrorKind::http, fmt::format("http {}", reply.status)};
  if (reply.status < 300 || reply.status >= 400 || !reply.location)
    return false;
  if (transfer.redirects++ == most_redirects) {
    transfer.error = {ErrorKind::redirect_loop,
                      fmt::format("more than {} redirects", most_redirects)};
    return false;
  }
  const bool here = reply.location->starts_with('/');
  transfer.next_url = std::make_unique<std::string>(
      (here ? transfer.url->substr(0, transfer.target) : "") + *reply.location);
  transfer.url = transfer.next_url.get();
  transfer.reply.reset();
  return true;
}

Download BeastClient::outcome(Transfer& transfer, const Item& item) {
  Download download = without_body(std::move(transfer.error));
  Result& result = download.result;
  if (result.status == Status::completed) {
    download.body = std::move(transfer.reply->body);
    result.bytes = download.body.size();
  } else if (result.error.kind == ErrorKind::truncated && !transfer.body &&
             item.expected) {
    result.error.text =
        fmt::format("truncated: {} of {} bytes", transfer.reply->body.size(),
                    item.expected->bytes);
  }
  return download;
}

void BeastClient::arm() {
  if (armed_ || active_.empty()) return;
  timer_.expires_at(std::min<Clock::time_point>(active_.front().deadline,
                                                Clock::now() + abort_latency));
  timer_.async_wait([token = self_](const error_code& code) {
    BeastClient* const client = *token;
    if (code || !client) return;
    client->armed_ = false;
    client->look();
    client->arm();
  });
  armed_ = true;
}

/// Ends what may not go on: a coroutine that waits on a closed socket resumes.
void BeastClient::look() {
  const bool all = aborted(options_);
  const auto now = Clock::now();
  for (Watched& transfer : active_) {
    if (transfer.cut != Cut::no) continue;
    if (!all && transfer.deadline > now) break;
    transfer.cut = all ? Cut::abort : Cut::timeout;
    error_code ignored;
    transfer.socket.close(ignored);
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
                   error = std::move(thrown);
                   if (!error) value = std::move(returned);
                 });
  context_.restart();
  while (!value && !error) context_.run_one();
  if (error) std::rethrow_exception(error);
  return *std::move(value);
}

}  // namespace interleave
