#include "bench/origin/connection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <new>

#include "bench/origin/admission.hpp"
#include "bench/origin/reply.hpp"
#include "bench/text/units.hpp"

namespace interleave::origin {

namespace {

namespace asio = boost::asio;
using boost::system::error_code;

/// An idle connection keeps this much; a head is seldom longer.
constexpr std::size_t small_input = 1024;
/// The longest head fits, and so do many pipelined short ones.
constexpr std::size_t large_input = 32 * 1024;
static_assert(large_input > max_request_line + max_headers);

/// How long a client may take to close after the last reply.
constexpr std::chrono::seconds drain_time{1};

/// Between two bytes of a body that drips.
constexpr std::chrono::milliseconds drip_time{50};

/// The server's thread is the only one that raises.
void raise(std::atomic<std::uint64_t>& peak, std::uint64_t value) {
  if (value > peak.load(std::memory_order_relaxed))
    peak.store(value, std::memory_order_relaxed);
}

void add(std::atomic<std::uint64_t>& counter, std::uint64_t amount) {
  counter.fetch_add(amount, std::memory_order_relaxed);
}

}  // namespace

Connection::Connection(Socket socket, Service& service)
    : service_(service),
      socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      input_(small_input) {
  service_.open.insert(this);
  Counters& counters = service_.counters;
  raise(counters.peak_open, counters.open.fetch_add(1) + 1);
}

void Connection::close() {
  if (state_ == State::closed) return;
  const bool was_held = state_ == State::held;
  if (counted_) service_.counters.in_flight.fetch_sub(1);
  counted_ = false;
  state_ = State::closed;
  error_code ignored;
  timer_.cancel(ignored);
  socket_.close(ignored);
  upload_.reset();
  service_.open.erase(this);
  service_.counters.open.fetch_sub(1);
  if (ticket_ != 0) service_.admission->leave(ticket_);
  if (was_held) service_.forget(this);  // last: these may have kept this alive
}

// Reading.

/// Serves what has come, request after request, until more has to come.
void Connection::advance() {
  while (state_ == State::reading) {
    const Parsed parsed =
        parser_.parse({input_.data() + begin_, filled_ - begin_});
    if (parsed.state == Parsed::State::need_more) return read();
    if (parsed.state == Parsed::State::error) {
      refuse(parsed.status, parsed.reason);
    } else {
      begin_ += parsed.consumed;
      handle(parsed.request, parsed.consumed);
    }
  }
}

void Connection::read() {
  if (read_pending_) return;
  if (end_of_input_) return close();
  make_room();
  // A client that pipelines more than fits while it waits is not watched: that
  // it went away shows when its reply is written.
  if (filled_ == input_.size()) return;

  read_pending_ = true;
  socket_.async_read_some(
      asio::buffer(input_.data() + filled_, input_.size() - filled_),
      [self = shared_from_this()](const error_code& error, std::size_t bytes) {
        self->on_read(error, bytes);
      });
}

/// Moves what is left to the front, and fits the buffer to what is going on.
void Connection::make_room() {
  std::copy(input_.begin() + static_cast<std::ptrdiff_t>(begin_),
            input_.begin() + static_cast<std::ptrdiff_t>(filled_),
            input_.begin());
  filled_ -= begin_;
  begin_ = 0;
  if (filled_ == 0 && input_.size() > small_input)
    input_ = std::vector<char>(small_input);
  if (filled_ == input_.size() && input_.size() < large_input)
    input_.resize(2 * input_.size());
}

void Connection::on_read(const error_code& error, std::size_t bytes) {
  read_pending_ = false;
  if (state_ == State::closed) return;
  if (error) {
    end_of_input_ = true;
    // A reply on its way out finishes, or fails, by itself.
    if (state_ != State::sending) close();
    return;
  }
  filled_ += bytes;
  budget_ = turn_bytes;
  switch (state_) {
    case State::waiting:
    case State::held:
      read();
      break;
    case State::receiving:
      receive();
      break;
    case State::draining:
      drain();
      break;
    default:
      break;
  }
  advance();
}

/// Runs `next` with a fresh budget once the socket can be read or written.
template <class Next>
void Connection::when_ready(Socket::wait_type what, Next next) {
  socket_.async_wait(
      what, [self = shared_from_this(), next](const error_code& error) {
        if (self->state_ == State::closed) return;
        if (error) return self->close();
        self->budget_ = turn_bytes;
        ((*self).*next)();
        self->advance();
      });
}

// Deciding.

void Connection::handle(const Request& request, std::size_t head_bytes) {
  method_ = method_of(request.method);
  keep_alive_ = request.keep_alive;
  body_left_ = request.content_length;
  uploaded_ = 0;
  upload_.reset();

  if (path_of(request.target) != "/stats") count(head_bytes);
  if (close_next_) return close();
  Asked asked{method_, request.target, body_left_, {}};
  error_code ignored;
  if (request.target.starts_with("/fault/"))
    asked.here = socket_.local_endpoint(ignored).address().to_string();
  answer_ = answer_to(asked, service_);
  if (service_.admission)
    asked_ = std::hash<std::string_view>()(request.target);
  if (answer_.digests_upload) {
    upload_.reset(XXH3_createState());
    if (!upload_) throw std::bad_alloc();
    XXH3_64bits_reset(upload_.get());
  }

  state_ = State::receiving;
  if (!request.expect_continue || begin_ < filled_) return receive();
  if (answer_.status >= 400) {
    // The body is not wanted, and whether it still comes is the client's
    // choice: this connection cannot be trusted with another request.
    keep_alive_ = false;
    body_left_ = 0;
    return respond();
  }
  interim_ = true;
  body_bytes_ = 0;
  out_ = "HTTP/1.1 100 Continue\r\n\r\n";
  send();
}

void Connection::count(std::size_t head_bytes) {
  Counters& counters = service_.counters;
  counted_ = true;
  add(counters.requests, 1);
  add(counters.bytes_received, head_bytes);
  raise(counters.peak_in_flight, counters.in_flight.fetch_add(1) + 1);
  const std::uint64_t epoch = service_.notice_reset();
  if (counted_epoch_ != epoch) add(counters.connections, 1);
  counted_epoch_ = epoch;
}

/// Answers bytes that are no request. What follows them cannot be understood.
void Connection::refuse(int status, std::string_view reason) {
  method_ = Method::other;
  keep_alive_ = false;
  answer_ = {};
  answer_.say(status, fmt::format("Refused: {}.\n", reason), text_type);
  reply();
}

// Receiving a body.

void Connection::receive() {
  const std::uint64_t here =
      std::min<std::uint64_t>(body_left_, filled_ - begin_);
  take({input_.data() + begin_, static_cast<std::size_t>(here)});
  begin_ += static_cast<std::size_t>(here);

  std::vector<char>& scratch = service_.scratch;
  while (body_left_ > 0) {
    if (read_pending_) return;  // the next bytes come that way
    if (budget_ == 0)
      return when_ready(Socket::wait_read, &Connection::receive);
    const std::uint64_t room =
        std::min<std::uint64_t>({body_left_, scratch.size(), budget_});
    error_code error;
    const std::size_t bytes = socket_.read_some(
        asio::buffer(scratch.data(), static_cast<std::size_t>(room)), error);
    if (error == asio::error::would_block)
      return when_ready(Socket::wait_read, &Connection::receive);
    if (error) return close();
    budget_ -= bytes;
    take({scratch.data(), bytes});
  }
  respond();
}

void Connection::take(std::string_view body) {
  body_left_ -= body.size();
  uploaded_ += body.size();
  if (counted_) add(service_.counters.bytes_received, body.size());
  if (answer_.wanted) received_.append(body);
  if (upload_) XXH3_64bits_update(upload_.get(), body.data(), body.size());
}

// Replying.

void Connection::respond() {
  if (service_.limits(answer_)) return enter();
  if (answer_.wait <= Clock::duration::zero()) return hold_or_reply();

  state_ = State::waiting;
  timer_.expires_after(answer_.wait);
  timer_.async_wait([self = shared_from_this()](const error_code&) {
    if (self->state_ != State::waiting) return;
    self->budget_ = turn_bytes;
    self->hold_or_reply();
    self->advance();
  });
  read();
}

void Connection::hold_or_reply() {
  if (!answer_.gated) return reply();
  state_ = State::held;
  service_.hold(answer_.item.id, shared_from_this());
  read();
}

void Connection::release() {
  if (state_ != State::held) return;
  budget_ = turn_bytes;
  reply();
  advance();
}

void Connection::reply() {
  body_bytes_ = 0;
  if (answer_.faulty) {
    out_ = std::move(answer_.faulty->head);
    body_bytes_ = answer_.faulty->bytes;
    keep_alive_ &= answer_.faulty->end != FaultyReply::End::close;
    return send();
  }
  if (upload_) {
    answer_.say(200,
                fmt::format("{{\"bytes\":{},\"digest\":\"{:016x}\"}}\n",
                            uploaded_, XXH3_64bits_digest(upload_.get())),
                json_type);
    upload_.reset();
  } else if (answer_.wanted) {
    judge_upload();
  } else if (answer_.image) {
    answer_.text.clear();
    answer_.type = png_type;
    body_bytes_ = answer_.image->size();
  } else if (answer_.sends_item) {
    answer_.text.clear();
    answer_.type = item_type;
    body_bytes_ = answer_.item.bytes;
  }
  const Head head{.status = answer_.status,
                  .type = answer_.type,
                  .length = answer_.text.size() + body_bytes_,
                  .keep_alive = keep_alive_,
                  .allow = answer_.allowed,
                  .retry_after = answer_.retry_after};
  out_.clear();
  append_head(out_, head);
  if (method_ == Method::head)
    body_bytes_ = 0;
  else
    out_ += answer_.text;
  state_ = State::sending;
  send();
}

void Connection::judge_upload() {
  const std::string wrong = service_.images.verify(*answer_.wanted, received_);
  answer_.wanted.reset();
  std::string().swap(received_);
  if (!wrong.empty())
    return answer_.say(422, fmt::format("Not accepted: {}.\n", wrong),
                       text_type);
  if (counted_) add(service_.counters.uploads_verified, 1);
  answer_.say(201, "It is exactly the shrunk original.\n", text_type);
}

/// Hands the reply to the kernel: all of it at once if that is possible.
void Connection::send() {
  state_ = State::sending;
  while (sent_ < out_.size() + body_bytes_) {
    if (budget_ == 0) return when_ready(Socket::wait_write, &Connection::send);
    error_code error;
    const std::size_t bytes = send_some(error);
    if (error == asio::error::would_block)
      return when_ready(Socket::wait_write, &Connection::send);
    if (error) return close();
    sent_ += bytes;
    budget_ -= std::min(bytes, budget_);
    if (counted_) add(service_.counters.bytes_sent, bytes);
    if (answer_.faulty && answer_.faulty->slow) return pause_sending();
  }
  finish_sending();
}

/// Writes head and body, or what is left of them, with one system call.
std::size_t Connection::send_some(error_code& error) {
  const std::uint64_t of_head = std::min<std::uint64_t>(sent_, out_.size());
  const std::uint64_t of_body = sent_ - of_head;
  const bool slow = answer_.faulty && answer_.faulty->slow;
  const auto part = static_cast<std::size_t>(std::min<std::uint64_t>(
      body_bytes_ - of_body, slow ? 1 : service_.scratch.size()));
  const std::span<char> scratch(service_.scratch.data(), part);
  std::span<const char> body = scratch;
  if (answer_.image)
    body = std::span(*answer_.image).subspan(of_body, part);
  else if (answer_.faulty)
    answer_.faulty->fill(of_body, scratch);
  else
    fill_body(answer_.item.seed, answer_.item.id, of_body, scratch);
  const std::array<asio::const_buffer, 2> buffers{
      asio::buffer(out_.data() + of_head, out_.size() - of_head),
      asio::buffer(body.data(), body.size())};
  return socket_.write_some(buffers, error);
}

/// Lets the next byte drip later. A client that left shows when it is written.
void Connection::pause_sending() {
  timer_.expires_after(drip_time);
  timer_.async_wait([self = shared_from_this()](const error_code&) {
    if (self->state_ != State::sending) return;
    self->budget_ = turn_bytes;
    self->send();
    self->advance();
  });
}

void Connection::finish_sending() {
  sent_ = 0;
  if (interim_) {
    interim_ = false;
    state_ = State::receiving;
    return receive();
  }
  if (answer_.faulty && answer_.faulty->end == FaultyReply::End::silence)
    return fall_silent();
  if (answer_.faulty && answer_.faulty->end == FaultyReply::End::reset)
    return reset();
  if (counted_) service_.counters.in_flight.fetch_sub(1);
  counted_ = false;
  close_next_ =
      answer_.faulty && answer_.faulty->end == FaultyReply::End::close_next;
  answer_ = {};
  if (out_.capacity() > small_input) std::string().swap(out_);
  state_ = State::reading;
  if (keep_alive_) return;

  // Closing with unread bytes would reset the connection and could destroy the
  // reply on its way: tell the client, then wait until it closes.
  state_ = State::draining;
  error_code ignored;
  socket_.shutdown(Socket::shutdown_send, ignored);
  close_after(drain_time);
  drain();
}

/// The reply stays in flight until the client has had enough.
void Connection::fall_silent() {
  state_ = State::waiting;
  close_after(max_wait);
  read();
}

void Connection::close_after(Clock::duration time) {
  timer_.expires_after(time);
  timer_.async_wait(
      [self = shared_from_this()](const error_code&) { self->close(); });
}

void Connection::reset() {
  error_code ignored;
  socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  close();
}

void Connection::drain() {
  begin_ = filled_ = 0;
  while (!read_pending_) {
    if (end_of_input_) return close();
    if (budget_ == 0) return when_ready(Socket::wait_read, &Connection::drain);
    error_code error;
    const std::size_t bytes =
        socket_.read_some(asio::buffer(service_.scratch), error);
    if (error == asio::error::would_block)
      return when_ready(Socket::wait_read, &Connection::drain);
    if (error) return close();
    budget_ -= std::min(bytes, budget_);
  }
}

}  // namespace interleave::origin
