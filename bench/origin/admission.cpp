#include "bench/origin/admission.hpp"

#include <fmt/format.h>

#include <utility>

#include "bench/origin/reply.hpp"
#include "bench/text/units.hpp"

namespace interleave::origin {

namespace {

/// The moments of the machine are those of the clock.
CapacityMachine::Time moment(Clock::time_point now) {
  return now.time_since_epoch();
}

}  // namespace

Admission::Admission(const Executor& executor, const Capacity& capacity,
                     std::uint64_t replies, Service& service)
    : capacity_(capacity),
      replies_(replies),
      service_(service),
      machine_(capacity, replies),
      timer_(executor) {}

CapacityMachine::Answer Admission::arrive(
    std::shared_ptr<Connection> connection, std::uint64_t what,
    Clock::duration time, std::uint64_t bytes, std::uint64_t& ticket) {
  const Clock::time_point now = Clock::now();
  const auto said = not_before_.find(what);
  if (said != not_before_.end()) {
    if (now < said->second)
      service_.counters.early_retries.fetch_add(1, std::memory_order_relaxed);
    not_before_.erase(said);
  }
  const auto answer = machine_.arrive(moment(now), tickets_ + 1, time, bytes);
  if (answer.status == 0) {
    ticket = ++tickets_;
    inside_.emplace(ticket, std::move(connection));
  } else if (answer.retry_after > Clock::duration::zero()) {
    not_before_[what] = now + answer.retry_after;
  }
  tell();
  watch();
  return answer;
}

void Admission::leave(std::uint64_t ticket) {
  if (!inside_.contains(ticket)) return;
  machine_.leave(moment(Clock::now()), ticket);
  tell();
  watch();
  inside_.erase(ticket);  // last: it may have kept the caller alive
}

void Admission::reset() {
  machine_ = CapacityMachine(capacity_, replies_);
  not_before_.clear();
  for (auto& [ticket, connection] : std::exchange(inside_, {}))
    left_over_.push_back(std::move(connection));
  if (!left_over_.empty()) {
    timer_.expires_after({});
    timer_.async_wait([this](const auto& error) {
      if (!error) wake();
    });
  }
}

/// Counts of the machine, where others see them.
void Admission::tell() {
  const CapacityMachine::Counts& counts = machine_.counts();
  Counters& counters = service_.counters;
  const auto set = [](auto& counter, auto value) {
    counter.store(static_cast<std::uint64_t>(value), std::memory_order_relaxed);
  };
  set(counters.refused_429, counts.refused_429);
  set(counters.refused_503, counts.refused_503);
  set(counters.peak_in_service, counts.most_in_service);
  set(counters.peak_queued, counts.most_queued);
  set(counters.queued_ns, counts.wait.count());
  set(counters.service_ns, counts.service.count());
}

/// Sets the timer for the machine, unless it rings before anyway.
void Admission::watch() {
  const auto next = machine_.next();
  if (!next) {
    if (left_over_.empty()) timer_.cancel();
    due_ = Clock::time_point::max();
    return;
  }
  const Clock::time_point due{*next};
  if (due >= due_) return;
  due_ = due;
  timer_.expires_at(due);
  timer_.async_wait([this](const auto& error) {
    if (!error) wake();
  });
}

void Admission::wake() {
  due_ = Clock::time_point::max();
  service_.notice_reset();
  std::vector<std::shared_ptr<Connection>> served = std::move(left_over_);
  left_over_.clear();
  while (const auto ticket = machine_.depart(moment(Clock::now())))
    if (auto found = inside_.extract(*ticket))
      served.push_back(std::move(found.mapped()));
  tell();
  watch();
  for (const auto& connection : served) connection->admitted();
}

// ---- what the connection does there ----

/// Enters the server, or is refused.
void Connection::enter() {
  const std::uint64_t bytes = method_ == Method::head || upload_ ? 0
                              : answer_.image        ? answer_.image->size()
                              : answer_.text.empty() ? answer_.item.bytes
                                                     : answer_.text.size();
  state_ = State::waiting;
  const auto answer = service_.admission->arrive(shared_from_this(), asked_,
                                                 answer_.wait, bytes, ticket_);
  if (answer.status == 0) return read();
  upload_.reset();
  std::string().swap(received_);
  answer_ = {};
  answer_.say(answer.status,
              answer.status == 429
                  ? "Refused: too many requests in a short time.\n"
                  : "Refused: too many requests wait already.\n",
              text_type);
  answer_.retry_after = answer.retry_after;
  reply();
}

void Connection::admitted() {
  ticket_ = 0;
  if (state_ != State::waiting) return;
  budget_ = turn_bytes;
  hold_or_reply();
  advance();
}

}  // namespace interleave::origin
