#include <algorithm>
#include <ctime>

#include "bench/origin/admission.hpp"
#include "bench/origin/connection.hpp"

namespace interleave::origin {

namespace {

/// Bodies up to this size leave in one write, together with their head.
constexpr std::size_t scratch_bytes = 128 * 1024;

std::chrono::nanoseconds process_cpu() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) +
         std::chrono::nanoseconds(now.tv_nsec);
}

}  // namespace

Service::Service(Counters& shared_counters, Gate* shared_gate)
    : counters(shared_counters),
      gate(shared_gate),
      scratch(scratch_bytes),
      seen_epoch_(counters.epoch.load(std::memory_order_acquire)),
      cpu_at_reset_(process_cpu()) {}

Service::~Service() = default;

std::chrono::nanoseconds Service::cpu() {
  notice_reset();
  return process_cpu() - cpu_at_reset_;
}

std::uint64_t Service::notice_reset() {
  const std::uint64_t epoch = counters.epoch.load(std::memory_order_acquire);
  if (epoch != seen_epoch_) {
    seen_epoch_ = epoch;
    cpu_at_reset_ = process_cpu();
    if (admission) admission->reset();
  }
  return epoch;
}

void Service::hold(std::uint64_t id, std::shared_ptr<Connection> connection) {
  held.emplace_back(id, std::move(connection));
  update_gate();
}

std::shared_ptr<Connection> Service::release(std::uint64_t id) {
  const auto found = std::ranges::find(
      held, id, [](const auto& entry) { return entry.first; });
  if (found == held.end()) return nullptr;
  std::shared_ptr<Connection> connection = std::move(found->second);
  held.erase(found);
  update_gate();
  return connection;
}

void Service::forget(const Connection* connection) {
  std::erase_if(held, [&](const auto& entry) {
    return entry.second.get() == connection;
  });
  update_gate();
}

void Service::update_gate() {
  std::uint64_t bits = 0;
  for (const auto& entry : held) bits |= std::uint64_t{1} << entry.first;
  gate->held.store(bits, std::memory_order_release);
}

}  // namespace interleave::origin
