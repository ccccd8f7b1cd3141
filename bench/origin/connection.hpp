// One client of the origin: reads requests, waits, sends replies.
#pragma once

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "bench/origin/content.hpp"
#include "bench/origin/counters.hpp"
#include "bench/origin/fault.hpp"
#include "bench/origin/media.hpp"
#include "bench/origin/request.hpp"
#include "bench/origin/routing.hpp"
#include "common/digest.hpp"
#include "common/item.hpp"

namespace interleave::origin {

// Concrete executors: the type-erased one costs an allocation here and there.
using Executor = boost::asio::io_context::executor_type;
using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp, Executor>;
using Timer =
    boost::asio::basic_waitable_timer<Clock, boost::asio::wait_traits<Clock>,
                                      Executor>;

class Admission;
class Connection;

/// What all connections of a server share. Used by the server's thread only,
/// but for the counters and the gate.
struct Service {
  Service(Counters& shared_counters, Gate* shared_gate);
  ~Service();

  Counters& counters;
  Gate* gate;  ///< nullptr: nothing is served under `/gated/`
  Ports ports{};

  /// One buffer for every body on its way in or out: a reply that the kernel
  /// does not take at once is computed again from where it stopped, so that
  /// connections hold no body.
  std::vector<char> scratch;

  ImageShelf images;

  std::unique_ptr<Admission> admission;  ///< nullptr: nothing is limited

  std::unordered_set<Connection*> open;
  std::vector<std::pair<std::uint64_t, std::shared_ptr<Connection>>> held;

  /// CPU time of this process since the last reset.
  std::chrono::nanoseconds cpu();

  /// Whether what is asked for takes of a capacity, now.
  bool limits(const Answer& answer) const {
    return admission && answer.limited &&
           !counters.warming_up.load(std::memory_order_relaxed);
  }

  /// Sees resets made by other processes; returns the epoch.
  std::uint64_t notice_reset();

  void hold(std::uint64_t id, std::shared_ptr<Connection> connection);
  /// Takes the longest held request of this id, nullptr when there is none.
  std::shared_ptr<Connection> release(std::uint64_t id);
  void forget(const Connection* connection);

 private:
  void update_gate();

  std::uint64_t seen_epoch_;
  std::chrono::nanoseconds cpu_at_reset_;
};

/// Thread safety: the server's thread only.
/// Invariants: at most one read is pending. It stays pending while a reply
/// waits or is held, which is how a client that goes away is noticed; bytes it
/// brings meanwhile are kept for the next request. A client that shuts down
/// only its sending side during a wait counts as gone, too.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Socket socket, Service& service);

  /// Serves the client until it closes; keeps itself alive.
  void start() { read(); }

  /// Sends the reply that is held.
  void release();

  /// Replies: the server's capacity has served it.
  void admitted();

  /// Ends the connection now. May be called again.
  void close();

 private:
  enum class State {
    reading,    // idle, or in the middle of a head
    receiving,  // a body comes in
    waiting,    // the timer runs, or the client's patience does, or others
                // are served first
    held,       // the gate is shut
    sending,
    draining,  // the last reply is out, the client's end of file is not in
    closed,
  };

  void advance();
  void read();
  void make_room();
  void on_read(const boost::system::error_code& error, std::size_t bytes);

  void handle(const Request& request, std::size_t head_bytes);
  void count(std::size_t head_bytes);
  void refuse(int status, std::string_view reason);

  void receive();
  void take(std::string_view body);
  void respond();
  void enter();
  void hold_or_reply();
  void reply();
  void judge_upload();
  void send();
  std::size_t send_some(boost::system::error_code& error);
  void pause_sending();
  void finish_sending();
  void fall_silent();
  void close_after(Clock::duration time);
  void reset();
  void drain();

  template <class Next>
  void when_ready(Socket::wait_type what, Next next);

  struct FreeState {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };

  Service& service_;
  Socket socket_;
  Timer timer_;
  State state_ = State::reading;

  // What came and was not used yet: input_[begin_, filled_).
  std::vector<char> input_;
  std::size_t begin_ = 0;
  std::size_t filled_ = 0;
  bool read_pending_ = false;
  bool end_of_input_ = false;
  /// What one connection may move before the others get their turn.
  static constexpr std::size_t turn_bytes = std::size_t{1} << 20;
  std::size_t budget_ = 0;
  RequestParser parser_;

  // The request in progress.
  Method method_ = Method::other;
  bool keep_alive_ = true;
  bool close_next_ = false;  // in place of a reply
  bool counted_ = false;
  std::uint64_t counted_epoch_ = 0;
  std::uint64_t ticket_ = 0;  // of the admission it waits in, else 0
  std::uint64_t asked_ = 0;   // the same for the same target
  std::uint64_t body_left_ = 0;
  std::uint64_t uploaded_ = 0;
  std::unique_ptr<XXH3_state_t, FreeState> upload_;
  Answer answer_;
  std::string received_;  // what is wanted, up to answer_.wanted->most_bytes()

  // What goes out: out_, then body_bytes_ of the item, fault or image.
  bool interim_ = false;
  std::string out_;
  std::uint64_t body_bytes_ = 0;
  std::uint64_t sent_ = 0;
};

}  // namespace interleave::origin
