#include "async/lag.hpp"

namespace interleave::async {

namespace {

constexpr Clock::duration period = std::chrono::microseconds(500);

}  // namespace

LagProbe::LagProbe(const Executor& executor, std::vector<Clock::duration>& lags)
    : lags_(lags), timer_(executor) {
  arm();
}

void LagProbe::stop() {
  stopped_ = true;
  timer_.cancel();
}

void LagProbe::arm() {
  timer_.expires_after(period);
  timer_.async_wait([this](boost::system::error_code error) {
    if (error || stopped_) return;
    lags_.push_back(Clock::now() - timer_.expiry());
    arm();
  });
}

}  // namespace interleave::async
