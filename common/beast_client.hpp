// HTTP by Boost.Beast: the transport beside libcurl, the same for every model.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/item.hpp"
#include "common/options.hpp"
#include "common/result.hpp"

namespace interleave {

/// Fetches and sends on a loop that somebody else runs, and keeps connections
/// alive from one item to the next. Speaks http only: https takes libcurl.
///
/// Thread safety: the loop's thread only.
/// Invariants: outlives its coroutines. A transfer ends at its deadline, or a
/// moment after the run was aborted, whatever the server does.
class BeastClient {
 public:
  using Executor = boost::asio::io_context::executor_type;
  template <class T>
  using Task = boost::asio::awaitable<T, Executor>;

  /// `options` must outlive the client.
  BeastClient(const Executor& executor, const Options& options);
  ~BeastClient();
  BeastClient(const BeastClient&) = delete;
  BeastClient& operator=(const BeastClient&) = delete;

  /// As Session::fetch() and Session::send() do, for http urls.
  Task<Download> fetch(const Item& item);
  Task<Error> send(const Item& item, const std::string& output);

 private:
  using Socket =
      boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
  struct Address;
  struct Question;
  struct Reply;
  struct Transfer;
  class Watched;

  Task<Error> perform(const std::string& url, const std::string* body,
                      Reply& reply);
  Task<Error> ask(const Question& question, Transfer& transfer, Reply& reply);
  Task<Error> connect(const Address& address, Transfer& transfer);
  Task<Error> resolve(const Address& address, Transfer& transfer,
                      std::vector<boost::asio::ip::tcp::endpoint>& endpoints);
  Task<Error> connect_to(const boost::asio::ip::tcp::endpoint& to,
                         Transfer& transfer);
  Task<Error> write(const Question& question, Transfer& transfer);
  Task<Error> read(Transfer& transfer, Reply& reply);
  Error feed(std::size_t received, Reply& reply);
  void keep(const Address& address, Transfer& transfer, const Reply& reply);

  // Deadlines and the abort: one timer for all transfers.
  void arm();
  void look();

  const Executor executor_;
  const Options& options_;
  std::map<std::string, std::vector<Socket>, std::less<>> idle_;  // by host
  std::list<Transfer*> active_;  // in the order of their deadlines
  boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>,
                                    Executor>
      timer_;
  bool armed_ = false;
  std::vector<char> received_;  // shared: read into, and parsed at once

  // A handler on its way when the client ends finds it empty.
  std::shared_ptr<BeastClient*> self_;
};

/// The client with a loop of its own, for a worker that blocks.
///
/// Thread safety: one thread at a time.
class BlockingBeast {
 public:
  /// `options` must outlive it.
  explicit BlockingBeast(const Options& options);

  Download fetch(const Item& item);
  Error send(const Item& item, const std::string& output);

 private:
  template <class T>
  T run(BeastClient::Task<T> task);

  boost::asio::io_context context_{1};
  BeastClient client_;
};

}  // namespace interleave
