// HTTP by Boost.Beast: an instrument beside libcurl, the same for every model.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list.hpp>
#include <boost/system/error_code.hpp>
#include <functional>
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
/// alive from one item to the next. No web client: it asks the suite's own
/// origin, whose urls are http://ADDRESS:PORT/TARGET, with a numeric address.
///
/// Thread safety: the loop's thread only.
/// Invariants: outlives its coroutines. A transfer ends at its deadline, or a
/// moment after the run was aborted, whatever the server does. Bytes that came
/// before a request are no reply to it.
class BeastClient {
 public:
  using Executor = boost::asio::io_context::executor_type;
  template <class T = void>
  using Task = boost::asio::awaitable<T, Executor>;

  /// `options` must outlive the client.
  BeastClient(const Executor& executor, const Options& options);
  ~BeastClient();
  BeastClient(const BeastClient&) = delete;
  BeastClient& operator=(const BeastClient&) = delete;

  /// As Session::fetch() and Session::send() do, for urls of the origin.
  Task<Download> fetch(const Item& item);
  Task<Error> send(const Item& item, const std::string& output);

 private:
  using Socket =
      boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
  using Endpoint = boost::asio::ip::tcp::endpoint;
  class Reply;
  struct Transfer;

  enum class Cut : char { no, timeout, abort };

  /// What look() ends when its time has come.
  struct Watched
      : boost::intrusive::list_base_hook<
            boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
    Watched(const Executor& executor, Clock::time_point until)
        : deadline(until), socket(executor) {}

    const Clock::time_point deadline;
    Cut cut = Cut::no;
    Socket socket;
  };

  /// The server that is asked, and the connections to it that nobody uses.
  struct Host {
    Endpoint endpoint;
    std::vector<Socket> idle;
  };

  // A coroutine's frame is held for as long as it waits, and g++ 12 keeps all
  // of its variables there: so one of them does the waiting for a reply, and
  // all it holds is a transfer.
  Task<Download> exchange(const Item& item, const std::string* body);
  Task<> connect(Transfer& transfer);
  static boost::system::error_code start_connect(Socket& socket,
                                                 const Endpoint& to);
  Task<> write_rest(Transfer& transfer, std::size_t left);

  void find_host(Transfer& transfer);
  bool take_kept(Transfer& transfer);
  std::size_t start_write(Transfer& transfer);
  std::size_t write_some(Transfer& transfer, std::string_view head,
                         std::size_t left);
  void receive(Transfer& transfer, const boost::system::error_code& waited);
  void skip_interim(Transfer& transfer);
  bool goes_on(Transfer& transfer);
  bool leads_on(Transfer& transfer);
  void keep(Transfer& transfer);
  static Download outcome(Transfer& transfer, const Item& item);

  // Deadlines and the abort: one timer for all transfers.
  void arm();
  void look();

  const Executor executor_;
  const Options& options_;
  std::map<std::string, Host, std::less<>> hosts_;  // by ADDRESS:PORT
  // In the order of their deadlines.
  boost::intrusive::list<Watched, boost::intrusive::constant_time_size<false>>
      active_;
  boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>,
                                    Executor>
      timer_;
  bool armed_ = false;
  std::string request_;         // shared: written at once, but for the rest
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
