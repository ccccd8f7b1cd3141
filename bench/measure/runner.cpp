#include "bench/measure/runner.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "bench/measure/descriptors.hpp"
#include "bench/text/interrupt.hpp"
#include "bench/workload/origin_addresses.hpp"
#include "bench/workload/warm_up.hpp"

namespace interleave {

std::chrono::nanoseconds patience_for(std::span<const Item> items,
                                      const Options& options) {
  const std::chrono::nanoseconds timeout = options.timeout;
  std::chrono::nanoseconds first{}, second{}, cpu{};
  for (const Item& item : items) {
    first = std::max({first, timeout, item.wait + item.delay});
    if (!item.follow_up.empty())
      second = std::max({second, timeout, item.follow_up_wait});
    cpu += item.cpu;
  }
  return first + second + 2 * cpu + std::chrono::seconds(10);
}

Runner::Runner(origin::Settings origin, std::stop_token stop)
    : where_(std::move(origin)), stop_(std::move(stop)) {
  raise_descriptor_limit();
}

origin::Process& Runner::origin() {
  if (!origin_) origin_.emplace(where_);
  return *origin_;
}

UrlOf Runner::urls() {
  return [this](std::size_t id, std::string_view path) {
    return urls_at(origin())(id, path);
  };
}

Run Runner::run(const Cell& cell, const Plan& plan,
                const Conductor& conductor) {
  const SharedControl control;
  std::vector<Item> warm_up;
  if (plan.warm_up)
    warm_up = warm_up_items(*plan.warm_up, cell, plan.options, urls());
  Watch watch;
  watch.control = control.get();
  watch.stop = stop_;
  watch.deadline = plan.deadline;
  watch.patience = patience_for(plan.items, plan.options);
  watch.grace = plan.grace;
  watch.warm_up = warm_up;
  watch.in_its_place = plan.in_its_place;
  if (show)
    watch.tick = [&](const RunControl& now) {
      show(cell, now.ended.load(std::memory_order_relaxed));
    };
  std::optional<FreshChild> beside;
  if (conductor) beside.emplace([&](int) { conductor(*control); });
  return measure(cell, plan.items, plan.options, origin_ ? &*origin_ : nullptr,
                 watch);
}

bool Runner::interrupted() const {
  return interrupted_by() != 0 || stop_.stop_requested();
}

}  // namespace interleave
