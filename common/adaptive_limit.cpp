#include "common/adaptive_limit.hpp"

#include "common/limit_log.hpp"

namespace interleave {

std::string_view to_string(Controller controller) {
  return controller == Controller::pace ? "pace" : "aimd";
}

AdaptiveLimit::AdaptiveLimit(const Options& options)
    : options_(options), controller_(Pace(options.limit_max)) {
  if (options.controller == Controller::aimd)
    controller_ = Aimd(options.limit_max);
  seen_ = shared_refusals();
  record(Clock::now());
}

unsigned AdaptiveLimit::current() const {
  return std::visit([](const auto& own) { return own.limit(); }, controller_);
}

std::uint64_t AdaptiveLimit::shared_refusals() const {
  if (!options_.control) return 0;
  return options_.control->refusals.load(std::memory_order_relaxed);
}

void AdaptiveLimit::observe(const Result& result) {
  if (result.started == Clock::time_point()) return;
  ended_ += result.refusals();
  const unsigned before = current();
  const Observation item{
      .began = result.started,
      .sent = result.sent(),
      .ended = result.downloaded,
      .completed = result.status == Status::completed,
      // Nobody counts for all where nobody watches.
      .refusals = options_.control ? shared_refusals() - seen_ : ended_};
  std::visit([&](auto& own) { own.observe(item); }, controller_);
  if (current() != before) record(item.ended);
}

void AdaptiveLimit::record(Clock::time_point at) const {
  if (!options_.limit_log) return;
  const double speed =
      std::visit([](const auto& own) { return own.speed(); }, controller_);
  options_.limit_log->add({at, current(), speed});
}

}  // namespace interleave
