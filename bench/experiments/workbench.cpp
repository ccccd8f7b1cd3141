#include "bench/experiments/workbench.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <exception>
#include <system_error>
#include <utility>

#include "bench/measure/context.hpp"
#include "bench/origin/content.hpp"
#include "bench/text/interrupt.hpp"
#include "bench/workload/warm_up.hpp"
#include "common/child_process.hpp"

namespace interleave::experiments {

namespace {

using namespace std::chrono_literals;

/// Runs of one version that fit into this much time are repeated.
constexpr std::chrono::nanoseconds enough = 1s;
constexpr unsigned most_runs = 3;

void raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// Ends a run that cannot be making progress any more.
std::chrono::nanoseconds deadline_for(std::span<const Item> items) {
  std::chrono::nanoseconds longest = 120s;
  for (const Item& item : items)
    longest += 2 * (item.wait + item.cpu + item.then_wait + item.delay);
  return longest;
}

bool needs_origin(std::span<const Item> items) {
  for (const Item& item : items)
    if (item.url.starts_with("http") || item.then.starts_with("http"))
      return true;
  return false;
}

/// As everywhere: as many items at once, as long, with nothing to compute.
std::vector<Item> warm_up_for(const Cell& cell, std::span<const Item> items,
                              const Options& options,
                              const origin::Process* served) {
  WorkloadSettings like = recipe(served ? "pages" : "sleep").defaults;
  like.items = items.size();
  like.bytes = mean_bytes(items).value_or(like.bytes);
  return warm_up_items(
      like, cell, options,
      [&](std::size_t, std::string_view path) { return served->url(path); });
}

/// A conductor in its own process; ended with this object at the latest.
class Helper {
 public:
  Helper(const Workbench::Conductor& conductor, Control& control) {
    if (!conductor) return;
    pid_ = fork_child([&] {
      std::signal(SIGINT, SIG_IGN);  // the run's end is its end
      std::signal(SIGTERM, SIG_IGN);
      conductor(control);  // it throws when the origin is gone: the run says so
    });
    if (pid_ < 0)
      throw std::system_error(errno, std::generic_category(), "fork");
  }
  ~Helper() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    reap(pid_);
  }
  Helper(const Helper&) = delete;
  Helper& operator=(const Helper&) = delete;

 private:
  pid_t pid_ = -1;
};

}  // namespace

Workbench::Workbench(Settings settings, Show show)
    : settings_(std::move(settings)),
      show_(std::move(show)),
      cores_(read_context().cores) {
  raise_descriptor_limit();
}

std::chrono::nanoseconds Workbench::scaled(double seconds) const {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
      std::chrono::duration<double>(seconds * settings_.time_scale));
}

origin::Process& Workbench::origin() {
  if (!origin_) {
    origin::Settings settings;
    settings.gate = true;
    origin_.emplace(settings);
  }
  return *origin_;
}

void Workbench::announce(std::string_view experiment, std::size_t position,
                         std::size_t count) {
  experiment_ = experiment;
  position_ = position;
  count_ = count;
  title({}, "items");
  watch(true);
}

void Workbench::title(std::string title, std::string_view unit) {
  title_ = std::move(title);
  unit_ = unit;
}

void Workbench::show(const Cell& cell, std::uint64_t done,
                     std::size_t items) const {
  if (!show_) return;
  Activity activity;
  activity.experiment = experiment_;
  activity.position = position_;
  activity.count = count_;
  activity.what = cell.name();
  if (!title_.empty()) activity.what += ": " + title_;
  activity.unit = unit_;
  activity.done = done;
  activity.planned = items;
  show_(activity);
}

Run Workbench::run(const Cell& cell, std::span<const Item> items,
                   const Options& options, const Conductor& conductor) {
  Run run = run_once(cell, items, options, conductor);
  if (interrupted_by()) throw Interrupted("interrupted");
  return run;
}

Run Workbench::run_until_stopped(const Cell& cell, std::span<const Item> items,
                                 const Options& options) {
  return run_once(cell, items, options, {});
}

Run Workbench::run_once(const Cell& cell, std::span<const Item> items,
                        const Options& options, const Conductor& conductor) {
  const SharedControl control;
  origin::Process* const served = needs_origin(items) ? &origin() : nullptr;
  std::vector<Item> warm_up;  // at a gate nothing may come first
  if (!conductor) warm_up = warm_up_for(cell, items, options, served);
  Watch watch;
  watch.control = control.get();
  watch.deadline = deadline_for(items);
  watch.warm_up = warm_up;
  if (watched_)
    watch.tick = [&](const Control& now) {
      show(cell, now.ended.load(std::memory_order_relaxed), items.size());
    };
  const Helper helper(conductor, *control);
  Run run = measure(cell, items, options, served, watch);
  told_ = (*control).ended.load();
  return run;
}

std::vector<Run> Workbench::runs(const Cell& cell, std::span<const Item> items,
                                 const Options& options) {
  std::vector<Run> runs;
  const auto began = Clock::now();
  const unsigned most = settings_.runs ? settings_.runs : most_runs;
  while (runs.size() < most) {
    runs.push_back(run(cell, items, options));
    const auto took = Clock::now() - began;
    const auto next = took / static_cast<std::int64_t>(runs.size());
    if (settings_.runs == 0 && took + next > enough) break;
  }
  return runs;
}

}  // namespace interleave::experiments
