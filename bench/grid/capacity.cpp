#include "bench/grid/capacity.hpp"

#include <algorithm>
#include <cmath>

namespace interleave {

namespace {

using Time = CapacityMachine::Time;
constexpr double unlimited = 1e9;  // bytes a nanosecond

/// An even number from 0 to 1 for each `n` (SplitMix64).
double draw(std::uint64_t seed, std::uint64_t n) {
  std::uint64_t z = seed + (n + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return static_cast<double>((z ^ (z >> 31)) >> 11) * 0x1p-53;
}

/// Between two tokens; rounded up, so there are never more than the rate says.
Time token_time(double rate) {
  return rate > 0 ? Time(std::llround(std::ceil(1e9 / rate))) : Time::zero();
}

/// When a clock that runs at `speed` a nanosecond has come from `at` to `end`.
Time when(Time now, double at, double end, double speed) {
  const double left = std::max(end - at, 0.0) / speed;
  constexpr Time most = std::chrono::hours(24 * 365 * 100);
  if (left >= static_cast<double>(most.count())) return now + most;
  return now + Time(static_cast<std::int64_t>(std::ceil(left)));
}

}  // namespace

std::uint64_t Portion::of(std::uint64_t replies) const {
  const double of = is_share ? static_cast<double>(replies) : 1;
  return static_cast<std::uint64_t>(std::llround(amount * of));
}

CapacityMachine::CapacityMachine(const Capacity& capacity,
                                 std::uint64_t replies)
    : capacity_(capacity),
      cold_replies_(capacity.cold.replies.of(replies)),
      change_after_(capacity.then ? capacity.then->after.of(replies) : 0),
      token_time_(token_time(capacity.rate)) {
  if (capacity_.then && change_after_ == 0) change();
}

CapacityMachine::Answer CapacityMachine::arrive(Time now, std::uint64_t ticket,
                                                Time service,
                                                std::uint64_t bytes) {
  advance(now);
  const Answer answer = refusal();
  count(answer);
  if (answer.status != 0) return answer;
  if (token_time_ > Time::zero())
    full_at_ = std::max(full_at_, now_) + token_time_;
  requests_[ticket] = {Phase::queued, service, bytes, 0};
  queue_.push_back(ticket);
  if (full()) ++counts_.waited;
  fill_slots();
  counts_.most_queued = std::max<std::uint64_t>(counts_.most_queued, queued());
  if (capacity_.collapse.above > 0 &&
      requests_.size() > capacity_.collapse.above)
    collapsed_until_ = now_ + capacity_.collapse.time;
  return answer;
}

/// What an arrival now is refused with, if it is.
CapacityMachine::Answer CapacityMachine::refusal() const {
  const Time said = capacity_.retry_after;
  if (token_time_ > Time::zero()) {
    const Time token =
        std::max(full_at_, now_) - (capacity_.burst - 1) * token_time_;
    if (token > now_) return {429, said > Time::zero() ? said : token - now_};
  }
  const bool unlucky =
      capacity_.refused_share > 0 &&
      draw(capacity_.seed, counts_.arrived) < capacity_.refused_share;
  if (unlucky ||
      (full() && capacity_.backlog && queue_.size() >= *capacity_.backlog))
    return {503, said};
  return {};
}

void CapacityMachine::count(const Answer& answer) {
  ++counts_.arrived;
  if (answer.status == 429) ++counts_.refused_429;
  if (answer.status == 503) ++counts_.refused_503;
}

std::optional<Time> CapacityMachine::next() const {
  return complete_.empty() ? next_event() : now_;
}

std::optional<std::uint64_t> CapacityMachine::depart(Time now) {
  advance(now);
  if (complete_.empty()) return std::nullopt;
  const std::uint64_t ticket = complete_.front();
  complete_.pop_front();
  return ticket;
}

void CapacityMachine::leave(Time now, std::uint64_t ticket) {
  advance(now);
  std::erase(complete_, ticket);
  const auto found = requests_.find(ticket);
  if (found == requests_.end()) return;
  const auto [phase, service, bytes, end] = found->second;
  if (phase == Phase::queued) std::erase(queue_, ticket);
  if (phase == Phase::working) working_.erase({end, ticket});
  if (phase == Phase::sending) sending_.erase({end, ticket});
  requests_.erase(found);
  fill_slots();
}

/// Lets everything happen that happens by `now`, each at its own moment.
void CapacityMachine::advance(Time now) {
  if (now_ == Time::min()) now_ = now;
  while (const auto event = next_event()) {
    if (*event > now) break;
    // Of one moment all, replies that are sent first: they make room.
    const bool sends =
        !sending_.empty() &&
        when(now_, sent_, sending_.begin()->first, share()) == *event;
    const bool works =
        !working_.empty() &&
        when(now_, worked_, working_.begin()->first, speed()) == *event;
    move_to(*event);
    if (sends)
      complete(sending_.begin()->second);
    else if (works)
      send(working_.begin()->second);
    // What ends at one moment has ended before anything begins at it.
    if (next_event() != event) fill_slots();
  }
  if (now > now_) move_to(now);
}

void CapacityMachine::move_to(Time now) {
  const Time passed = now - now_;
  const auto count = static_cast<double>(passed.count());
  if (!working_.empty()) worked_ += count * speed();
  if (!sending_.empty()) sent_ += count * share();
  counts_.wait += passed * static_cast<std::int64_t>(queued());
  counts_.service += passed * static_cast<std::int64_t>(in_service());
  now_ = now;
}

/// When something changes by itself.
std::optional<Time> CapacityMachine::next_event() const {
  if (working_.empty() && sending_.empty()) return std::nullopt;
  Time first = Time::max();
  if (!working_.empty())
    first = when(now_, worked_, working_.begin()->first, speed());
  if (!sending_.empty())
    first =
        std::min(first, when(now_, sent_, sending_.begin()->first, share()));
  if (collapsed_until_ > now_) first = std::min(first, collapsed_until_);
  return first;
}

bool CapacityMachine::full() const {
  return capacity_.slots > 0 && in_service() >= capacity_.slots;
}

/// Of the service time that begins now.
double CapacityMachine::factor() const {
  double factor = slower_;
  if (counts_.served < cold_replies_)
    factor *= 1 + (capacity_.cold.factor - 1) *
                      (1 - static_cast<double>(counts_.served) /
                               static_cast<double>(cold_replies_));
  return factor;
}

/// Nanoseconds of service in one of time.
double CapacityMachine::speed() const {
  double speed = 1;
  if (capacity_.knee > 0 && in_service() > capacity_.knee)
    speed = std::pow(
        static_cast<double>(capacity_.knee) / static_cast<double>(in_service()),
        capacity_.exponent);
  if (collapsed_until_ > now_) speed *= capacity_.collapse.speed;
  return speed;
}

/// Bytes a nanosecond of each reply that is sent.
double CapacityMachine::share() const {
  double share = unlimited;
  if (capacity_.bandwidth > 0)
    share = capacity_.bandwidth /
            static_cast<double>(std::max<std::size_t>(sending_.size(), 1)) /
            1e9;
  if (capacity_.connection_bandwidth > 0)
    share = std::min(share, capacity_.connection_bandwidth / 1e9);
  return share;
}

void CapacityMachine::fill_slots() {
  while (!queue_.empty() && !full()) {
    const std::uint64_t ticket = queue_.front();
    queue_.pop_front();
    begin(ticket);
  }
  // Whoever found a clock at rest may start it again at zero: it stays exact.
  if (working_.empty()) worked_ = 0;
  if (sending_.empty()) sent_ = 0;
}

void CapacityMachine::begin(std::uint64_t ticket) {
  Request& request = requests_.at(ticket);
  request.phase = Phase::working;
  request.end =
      worked_ +
      std::round(static_cast<double>(request.service.count()) * factor());
  working_.insert({request.end, ticket});
  counts_.most_in_service =
      std::max<std::uint64_t>(counts_.most_in_service, in_service());
}

/// Served; what is left is to send the reply.
void CapacityMachine::send(std::uint64_t ticket) {
  Request& request = requests_.at(ticket);
  worked_ = std::max(worked_, request.end);
  working_.erase({request.end, ticket});
  request.phase = Phase::sending;
  request.end =
      sent_ + (share() < unlimited ? static_cast<double>(request.bytes) : 0);
  sending_.insert({request.end, ticket});
  if (request.end <= sent_) complete(ticket);
}

void CapacityMachine::complete(std::uint64_t ticket) {
  const double end = requests_.at(ticket).end;
  sent_ = std::max(sent_, end);
  sending_.erase({end, ticket});
  requests_.erase(ticket);
  complete_.push_back(ticket);
  ++counts_.served;
  if (capacity_.then && counts_.served == change_after_) change();
}

/// The step.
void CapacityMachine::change() {
  const Capacity::Step step = *capacity_.then;
  if (step.slots) capacity_.slots = *step.slots;
  if (step.knee) capacity_.knee = *step.knee;
  if (step.bandwidth) capacity_.bandwidth = *step.bandwidth;
  if (step.slower) slower_ = *step.slower;
  if (!step.rate) return;
  // So many tokens are missing as before.
  const Time after = token_time(*step.rate);
  if (full_at_ > now_ && token_time_ > Time::zero())
    full_at_ =
        now_ +
        Time(std::llround(static_cast<double>((full_at_ - now_).count()) *
                          static_cast<double>(after.count()) /
                          static_cast<double>(token_time_.count())));
  capacity_.rate = *step.rate;
  token_time_ = after;
}

}  // namespace interleave
