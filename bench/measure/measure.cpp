#include "bench/measure/measure.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "common/exit_status.hpp"
#include "common/run_item.hpp"
#include "common/transfer.hpp"
#include "common/wire.hpp"

namespace interleave {

namespace {

/// What the child has to do.
struct Job {
  const Cell& cell;
  std::span<const Item> items, warm_up;
  const RunCell& in_its_place;
  Options options;
  origin::Process* origin;
};

/// What the child says about the run as a whole, after the results.
struct Totals : RunFacts {
  Clock::time_point began, ended;
  std::size_t limits;  ///< steps, which come next
};
static_assert(std::is_trivially_copyable_v<Totals>);

/// The first byte of what a child sends: it is warm and begins now, and then,
/// did the pattern return or throw?
enum class Kind : char { warm = 'w', totals = 't', threw = 'e' };

void write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = write(descriptor, bytes.data(), bytes.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote <= 0) _exit(1);  // the parent is gone
    bytes.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

template <class Value>
std::string_view as_bytes(const Value& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

/// The origin may still be counting the end of a reply that its client has
/// already read, and closing the warm-up's connections is no work of the run's;
/// a client that was killed it notices a moment later.
void wait_until_idle(const origin::Process& origin) {
  const origin::Counters& counters = origin.counters();
  const auto wait = [](const auto& count, std::chrono::milliseconds at_most) {
    const auto deadline = Clock::now() + at_most;
    while (count.load() > 0 && Clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::microseconds(50));
  };
  wait(counters.in_flight, std::chrono::seconds(1));
  wait(counters.open, std::chrono::milliseconds(100));
}

/// Runs the cell once with nobody watching; says how many items were lost.
std::size_t warm_up(const Job& job) {
  if (job.warm_up.empty()) return 0;
  Options unwatched = job.options;
  unwatched.control = nullptr;
  unwatched.watch_lag = false;
  Trace trace;
  trace.results = job.cell.run(Workload(job.warm_up), unwatched);
  forget_children();
  return count_outcomes(trace).lost;
}

/// What the parent is told: totals, the steps of the limit, then one frame per
/// item.
void send(int report, Totals totals, Results results,
          std::span<const LimitStep> limits,
          std::span<const Clock::time_point> queued,
          const RunControl* control) {
  std::string bytes(1, static_cast<char>(Kind::totals));
  totals.limits = limits.size();
  bytes += as_bytes(totals);
  append_steps(bytes, limits);
  for (std::size_t i = 0; i < results.size(); ++i) {
    // A producer in a process of its own stamps where this memory is not.
    if (results[i].queued == Clock::time_point()) results[i].queued = queued[i];
    // After a stop the pattern is not even offered what is left.
    if (results[i].status == Status::not_run && control && control->stop)
      results[i].status = Status::skipped;
    append_frame(bytes, Message(i, Download(std::move(results[i]))));
    if (bytes.size() < 1 << 20) continue;
    write_all(report, bytes);
    bytes.clear();
  }
  write_all(report, bytes);
}

/// From here on the origin counts for the run.
void count_from_now(origin::Process& origin, Totals& totals) {
  wait_until_idle(origin);
  origin.counters().reset();
  origin.counters().warming_up = false;
  totals.origin_cpu = origin.cpu();  // so far
}

/// Runs in the child. Everything of libcurl, Asio and oneTBB starts in here,
/// so the parent stays safe to fork from.
void run_and_report(const Job& job, int report) {
  Totals totals{};
  totals.inherited_rss_bytes = peak_rss_bytes();
  initialise_curl();
  // Told of the whole run: a warm-up with fewer items must not decide for it.
  // After a stop it starts nothing, and needs nothing.
  if (const auto prepare = job.cell.model->prepare;
      prepare && !stopped(job.options))
    prepare(job.cell.tasks(job.items.size(), job.options));
  if (job.origin) job.origin->counters().warming_up = true;
  totals.lost_in_warm_up = warm_up(job);
  const char warm = static_cast<char>(Kind::warm);
  write_all(report, as_bytes(warm));
  std::vector<Clock::time_point> queued(job.items.size());
  const RunControl* const control = job.options.control;
  const Workload workload(job.items, queued,
                          control ? &control->stop : nullptr);
  LimitLog limits;
  Options options = job.options;
  options.limit_log = &limits;
  if (job.origin) count_from_now(*job.origin, totals);

  spawn_failures() = {};
  const CpuTime cpu_before = cpu_time();
  totals.began = Clock::now();
  Results results = job.in_its_place ? job.in_its_place(workload, options)
                                     : job.cell.run(workload, options);
  totals.ended = Clock::now();
  totals.cpu = cpu_time() - cpu_before;
  totals.peak_rss_bytes =
      peak_rss_bytes() + peak_rss_bytes(recorded_children());
  totals.refused = spawn_failures();
  if (!loop_lags().empty())
    totals.loop_lag = percentiles_of(std::move(loop_lags()));

  send(report, totals, std::move(results), limits.take(), queued, control);
}

void child_main(const Job& job, int report) {
  try {
    run_and_report(job, report);
  } catch (const std::exception& error) {
    write_all(report,
              std::string(1, static_cast<char>(Kind::threw)) + error.what());
  }
}

/// glibc 2.36 declares its own one without "C": it cannot be linked.
int open_pidfd(pid_t pid) {
  return static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
}

/// Becomes readable when the origin ends, so that this is heard at once.
class OriginExit {
 public:
  explicit OriginExit(const origin::Process* origin)
      : descriptor_(origin ? open_pidfd(origin->pid()) : -1) {}
  ~OriginExit() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  OriginExit(const OriginExit&) = delete;
  OriginExit& operator=(const OriginExit&) = delete;

  /// -1 without an origin, which poll() passes over.
  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

void require_origin(origin::Process* origin, const Cell& cell,
                    Clock::time_point began) {
  if (!origin) return;
  if (const auto how = origin->exited())
    throw InfrastructureError(
        fmt::format("{} after {:.1f} s of {}", *how,
                    std::chrono::duration<double>(Clock::now() - began).count(),
                    cell.name()));
}

/// Reads what the child reports until it is through, looking up a few times a
/// second. Nothing, when it has to be killed.
std::optional<std::string> listen(const Cell& cell, FreshChild& child,
                                  origin::Process* origin, const Watch& watch,
                                  Watchdog& watchdog) {
  std::string report;
  std::vector<char> chunk(1 << 16);
  const OriginExit end(origin);
  while (watchdog.may_go_on()) {
    std::array<pollfd, 2> events{pollfd{child.report(), POLLIN, 0},
                                 pollfd{end.descriptor(), POLLIN, 0}};
    poll(events.data(), events.size(), 100);
    require_origin(origin, cell, watchdog.began());
    if (events[0].revents) {
      const ssize_t got = read(child.report(), chunk.data(), chunk.size());
      if (got == 0) return report;
      if (got > 0) report.append(chunk.data(), static_cast<std::size_t>(got));
      if (report.starts_with(static_cast<char>(Kind::warm))) {
        report.erase(0, 1);
        watchdog.begin();
      }
    }
    if (watch.tick && watch.control) watch.tick(*watch.control);
  }
  return std::nullopt;
}

/// Of a run whose process was killed: nothing is known but that.
Run lost_run(const Cell& cell, std::size_t items, const Watch& watch,
             Clock::time_point began) {
  Run run;
  run.killed = true;
  run.trace.began = began;
  run.trace.ended = Clock::now();
  Result lost;
  lost.status = Status::lost;
  lost.error = {
      ErrorKind::worker,
      fmt::format("the process of {} was killed: told to stop, it had not "
                  "ended after {:.1f} s",
                  cell.name(),
                  std::chrono::duration<double>(2 * watch.grace).count())};
  run.trace.results.assign(items, lost);
  return run;
}

Run parse_report(const Cell& cell, std::string_view report, std::size_t items) {
  const auto damaged = [&] {
    return InfrastructureError(
        fmt::format("{}: its process left an incomplete report", cell.name()));
  };
  if (report.empty()) throw damaged();
  const auto kind = static_cast<Kind>(report.front());
  report.remove_prefix(1);
  if (kind == Kind::threw)
    throw InfrastructureError(fmt::format("{}: {}", cell.name(), report));

  Totals totals;
  if (report.size() < sizeof totals) throw damaged();
  std::memcpy(&totals, report.data(), sizeof totals);
  report.remove_prefix(sizeof totals);

  Run run;
  static_cast<RunFacts&>(run) = totals;
  run.trace.began = totals.began;
  run.trace.ended = totals.ended;
  run.trace.limits = take_steps(report, totals.limits);
  run.trace.results.reserve(items);
  while (const std::size_t size = frame_size(report)) {
    if (report.size() < size) throw damaged();
    Message parcel = parse_frame(report.substr(0, size));
    run.trace.results.push_back(std::move(parcel.download.result));
    report.remove_prefix(size);
  }
  if (run.trace.results.size() != items) throw damaged();
  return run;
}

}  // namespace

Run measure(const Cell& cell, std::span<const Item> items,
            const Options& options, origin::Process* origin,
            const Watch& watch) {
  Job job{cell, items, watch.warm_up, watch.in_its_place, options, origin};
  job.options.control = watch.control;
  if (watch.control) watch.control->due = watch.control->began + items.size();
  FreshChild child([&](int report) { child_main(job, report); });
  Watchdog watchdog(watch);
  const std::optional<std::string> report =
      listen(cell, child, origin, watch, watchdog);
  Run run;
  if (report) {
    const int status = child.wait();
    require_origin(origin, cell, watchdog.began());
    if (status != 0)
      throw InfrastructureError(fmt::format("the process of {} {}", cell.name(),
                                            how_it_ended(status)));
    run = parse_report(cell, *report, items.size());
  } else {
    run = lost_run(cell, items.size(), watch, watchdog.began());
  }
  run.cut_short = watchdog.why();
  if (watch.control) run.outcomes_told = watch.control->ended;
  if (origin) {
    const origin::Counters& counters = origin->counters();
    run.connections = counters.connections.load();
    run.origin_peak_in_flight = counters.peak_in_flight.load();
    run.origin_requests = counters.requests.load();
    run.refused_429 = counters.refused_429.load();
    run.refused_503 = counters.refused_503.load();
    run.early_retries = counters.early_retries.load();
    run.origin_peak_in_service = counters.peak_in_service.load();
    run.origin_peak_queued = counters.peak_queued.load();
    run.origin_wait = std::chrono::nanoseconds(counters.queued_ns.load());
    run.origin_service = std::chrono::nanoseconds(counters.service_ns.load());
    if (report) run.origin_cpu = origin->cpu() - run.origin_cpu;
  }
  return run;
}

}  // namespace interleave
