#include "bench/measure/measure.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <malloc.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "bench/text/interrupt.hpp"
#include "common/child_process.hpp"
#include "common/ending.hpp"
#include "common/run_item.hpp"
#include "common/transfer.hpp"
#include "common/wire.hpp"

namespace interleave {

namespace {

/// What the child has to do.
struct Job {
  const Cell& cell;
  std::span<const Item> items, warm_up;
  Options options;
  origin::Process* origin;
};

/// What the child says about the run as a whole, after the results.
struct Totals {
  Clock::time_point began, ended;
  CpuTime cpu;
  std::uint64_t inherited_rss_bytes, peak_rss_bytes;
  std::chrono::nanoseconds origin_cpu_before;
  std::size_t lost_in_warm_up;
  Refusals refused;
  Percentiles loop_lag;
  bool lag_watched;
};

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
  return tally(trace).lost;
}

/// What the parent is told: totals, then a frame an item.
void send(int report, const Totals& totals, Results results,
          std::span<const Clock::time_point> queued, const Control* control) {
  std::string bytes(1, static_cast<char>(Kind::totals));
  bytes += as_bytes(totals);
  for (std::size_t i = 0; i < results.size(); ++i) {
    // A producer in a process of its own stamps where this memory is not.
    if (results[i].queued == Clock::time_point()) results[i].queued = queued[i];
    // After a stop the pattern is not even offered what is left.
    if (results[i].status == Status::not_run && control && control->stop)
      results[i].status = Status::skipped;
    append_frame(bytes, Parcel(i, Download(std::move(results[i]))));
    if (bytes.size() < 1 << 20) continue;
    write_all(report, bytes);
    bytes.clear();
  }
  write_all(report, bytes);
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
  totals.lost_in_warm_up = warm_up(job);
  const char warm = static_cast<char>(Kind::warm);
  write_all(report, as_bytes(warm));
  std::vector<Clock::time_point> queued(job.items.size());
  const Control* const control = job.options.control;
  const Workload workload(job.items, queued,
                          control ? &control->stop : nullptr);
  if (job.origin) {
    wait_until_idle(*job.origin);
    job.origin->counters().reset();
    totals.origin_cpu_before = job.origin->cpu();
  }

  refusals() = {};
  const CpuTime cpu_before = cpu_time();
  totals.began = Clock::now();
  Results results = job.cell.run(workload, job.options);
  totals.ended = Clock::now();
  totals.cpu = cpu_time() - cpu_before;
  totals.peak_rss_bytes =
      peak_rss_bytes() + peak_rss_bytes(recorded_children());
  totals.refused = refusals();
  totals.lag_watched = !loop_lags().empty();
  totals.loop_lag = percentiles_of(std::move(loop_lags()));

  send(report, totals, std::move(results), queued, control);
}

void be_the_child(const Job& job, int report) {
  // Ctrl-C and `timeout` reach the whole group: the parent decides what they
  // mean, and says so through the control.
  std::signal(SIGINT, SIG_IGN);
  std::signal(SIGTERM, SIG_IGN);
  std::signal(SIGPIPE, SIG_IGN);
  try {
    run_and_report(job, report);
  } catch (const std::exception& error) {
    write_all(report,
              std::string(1, static_cast<char>(Kind::threw)) + error.what());
  }
}

/// The child, from the parent's side. Ends it when it is destroyed.
class Child {
 public:
  explicit Child(const Job& job) {
    std::array<int, 2> ends;
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
      throw InfrastructureError(
          fmt::format("cannot start a run: pipe: {}", std::strerror(errno)));
    pid_ = fork_child([&] {
      close(ends[0]);
      be_the_child(job, ends[1]);
    });
    close(ends[1]);
    report_ = ends[0];
    if (pid_ < 0) {
      const int error = errno;
      close(report_);
      throw InfrastructureError(
          fmt::format("cannot start a run: fork: {}", std::strerror(error)));
    }
  }
  ~Child() {
    if (!waited_for_) {
      kill(pid_, SIGKILL);
      reap(pid_);
    }
    close(report_);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  int report() const { return report_; }

  /// Waits for it and says how it ended; empty after a clean end.
  std::string wait() {
    const int status = reap(pid_);
    waited_for_ = true;
    return status == 0 ? std::string() : how_it_ended(status);
  }

 private:
  pid_t pid_ = -1;
  int report_ = -1;
  bool waited_for_ = false;
};

/// Sees to it that a run ends: when it may no longer go on it is told to start
/// nothing new, then to cancel what it does, and then it is given up.
class Overseer {
 public:
  explicit Overseer(const Watch& watch) : watch_(watch) {}

  /// Looks at the user, the clock and the progress; false when the run has had
  /// its time and its process is to be killed.
  bool may_go_on() {
    const Clock::time_point now = Clock::now();
    if (why_ == CutShort::no) {
      why_ = reason(now);
      if (why_ == CutShort::no) return true;
      told_ = now;
      if (watch_.control) watch_.control->stop = true;
    }
    const auto since = now - told_;
    // What is cancelled takes a moment to come home, and is to be there when
    // the grace period ends.
    if (watch_.control &&
        (why_ == CutShort::stall || since > watch_.grace * 3 / 4))
      watch_.control->abort = true;
    return since <= 2 * watch_.grace;
  }

  /// The warm-up is over: the deadline is the run's alone. A warm-up has a
  /// bound of its own: it is a stall when it takes longer than the patience.
  void begin() {
    warm_ = true;
    began_ = moved_ = Clock::now();
  }

  CutShort why() const { return why_; }
  Clock::time_point began() const { return began_; }

 private:
  CutShort reason(Clock::time_point now) {
    if (interrupted_by() != 0 || watch_.stop.stop_requested())
      return CutShort::interrupt;
    if (warm_ && watch_.deadline && now - began_ > *watch_.deadline)
      return CutShort::deadline;
    const Control* control = watch_.control;
    const std::uint64_t progress =
        control ? control->began.load() + control->ended.load() : 0;
    if (progress != progress_) {
      progress_ = progress;
      moved_ = now;
    }
    return now - moved_ > watch_.patience ? CutShort::stall : CutShort::no;
  }

  const Watch& watch_;
  bool warm_ = false;
  Clock::time_point began_ = Clock::now();
  Clock::time_point moved_ = began_, told_;
  std::uint64_t progress_ = 0;
  CutShort why_ = CutShort::no;
};

/// glibc 2.36 declares its own one without "C": it cannot be linked.
int open_pidfd(pid_t pid) {
  return static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
}

/// Becomes readable when the origin ends, so that this is heard at once.
class OriginsEnd {
 public:
  explicit OriginsEnd(const origin::Process* origin)
      : descriptor_(origin ? open_pidfd(origin->pid()) : -1) {}
  ~OriginsEnd() {
    if (descriptor_ >= 0) close(descriptor_);
  }
  OriginsEnd(const OriginsEnd&) = delete;
  OriginsEnd& operator=(const OriginsEnd&) = delete;

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
std::optional<std::string> listen(const Cell& cell, Child& child,
                                  origin::Process* origin, const Watch& watch,
                                  Overseer& overseer) {
  std::string report;
  std::vector<char> chunk(1 << 16);
  const OriginsEnd end(origin);
  while (overseer.may_go_on()) {
    std::array<pollfd, 2> events{pollfd{child.report(), POLLIN, 0},
                                 pollfd{end.descriptor(), POLLIN, 0}};
    poll(events.data(), events.size(), 100);
    require_origin(origin, cell, overseer.began());
    if (events[0].revents) {
      const ssize_t got = read(child.report(), chunk.data(), chunk.size());
      if (got == 0) return report;
      if (got > 0) report.append(chunk.data(), static_cast<std::size_t>(got));
      if (report.starts_with(static_cast<char>(Kind::warm))) {
        report.erase(0, 1);
        overseer.begin();
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
  run.trace.began = totals.began;
  run.trace.ended = totals.ended;
  run.cpu = totals.cpu;
  run.inherited_rss_bytes = totals.inherited_rss_bytes;
  run.peak_rss_bytes = totals.peak_rss_bytes;
  run.origin_cpu = totals.origin_cpu_before;  // until its end is known
  run.lost_in_warm_up = totals.lost_in_warm_up;
  run.refused = totals.refused;
  if (totals.lag_watched) run.loop_lag = totals.loop_lag;
  run.trace.results.reserve(items);
  while (const std::size_t size = frame_size(report)) {
    if (report.size() < size) throw damaged();
    Parcel parcel = parse_frame(report.substr(0, size));
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
  // What earlier runs left free here is not in the memory of this one.
  malloc_trim(0);
  Job job{cell, items, watch.warm_up, options, origin};
  job.options.control = watch.control;
  if (watch.control) watch.control->due = watch.control->began + items.size();
  Child child(job);
  Overseer overseer(watch);
  const std::optional<std::string> report =
      listen(cell, child, origin, watch, overseer);
  Run run;
  if (report) {
    const std::string how = child.wait();
    require_origin(origin, cell, overseer.began());
    if (!how.empty())
      throw InfrastructureError(
          fmt::format("the process of {} {}", cell.name(), how));
    run = parse_report(cell, *report, items.size());
  } else {
    run = lost_run(cell, items.size(), watch, overseer.began());
  }
  run.cut_short = overseer.why();
  if (origin) {
    const origin::Counters& counters = origin->counters();
    run.connections = counters.connections.load();
    run.origin_peak_in_flight = counters.peak_in_flight.load();
    run.origin_requests = counters.requests.load();
    if (report) run.origin_cpu = origin->cpu() - run.origin_cpu;
  }
  return run;
}

std::string_view to_string(CutShort why) {
  switch (why) {
    case CutShort::no:
      return "no";
    case CutShort::interrupt:
      return "interrupt";
    case CutShort::deadline:
      return "deadline";
    case CutShort::stall:
      return "stall";
  }
  return "";
}

SharedControl::SharedControl() {
  void* memory = mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    throw std::system_error(errno, std::generic_category(), "mmap");
  control_ = new (memory) Control;
}

SharedControl::~SharedControl() {
  munmap(control_, sizeof(Control));
}

}  // namespace interleave
