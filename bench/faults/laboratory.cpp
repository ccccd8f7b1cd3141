#include "bench/faults/laboratory.hpp"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cerrno>
#include <csignal>
#include <new>
#include <system_error>
#include <thread>

#include "bench/origin/content.hpp"
#include "common/child_process.hpp"
#include "common/digest.hpp"

namespace interleave::faults {

/// What the measured process and the director write down; read when both have
/// ended.
struct Laboratory::Notes {
  Belongings left;
  Clock::time_point returned;       // the pattern did
  Clock::time_point seen;           // the failure was, from outside
  std::uint64_t requests_before{};  // the failure
  std::atomic<bool> strike{false};  // the victim's processing may fail now
};

namespace {

using namespace std::chrono_literals;

constexpr std::size_t body_bytes = 1000;
constexpr std::chrono::seconds deadline{20};
constexpr std::chrono::seconds patience{5};

/// The cell under observation. A cell is a plain function, so what is to be
/// observed cannot be handed to it. Written before the fork.
struct Observed {
  const Cell* cell = nullptr;
  Belongings* left = nullptr;
  Clock::time_point* returned = nullptr;
} observed;

/// Runs in the measured process, in place of the cell.
Results run_observed(Workload items, const Options& options) {
  // No core files, and no thread that a sanitizer's runtime starts with the
  // first one.
  const rlimit none{};
  setrlimit(RLIMIT_CORE, &none);
  std::thread([] {}).join();

  const Belongings before = belongings_of(getpid());
  Results results;
  const auto run = [&] {
    results = observed.cell->run(items, options);
    *observed.returned = Clock::now();
  };
  // Whether a library's threads are all it keeps shows when they end.
  if (const auto end_threads_after = observed.cell->model->end_threads_after)
    end_threads_after(run);
  else
    run();
  *observed.left = left_over(before, 500ms);
  return results;
}

/// A process of its own that releases the replies: the run's parent waits for
/// the run, and must stay single-threaded.
class Director {
 public:
  template <class Play>
  explicit Director(Play play) {
    pid_ = fork_child([&] {
      std::signal(SIGINT, SIG_IGN);
      std::signal(SIGTERM, SIG_IGN);
      play();
    });
    if (pid_ < 0)
      throw std::system_error(errno, std::generic_category(), "fork");
  }
  ~Director() {
    kill(pid_, SIGKILL);
    reap(pid_);
  }
  Director(const Director&) = delete;
  Director& operator=(const Director&) = delete;

 private:
  pid_t pid_;
};

template <class Condition>
void wait_until(Condition holds) {
  const auto until = Clock::now() + patience;
  while (!holds() && Clock::now() < until) usleep(50);
}

/// How many items are in flight when `done` of them have ended, in submission
/// order.
std::size_t in_flight(const Cell& cell, const Options& options,
                      std::size_t done) {
  const std::size_t left = Laboratory::items - done;
  const std::size_t width = cell.width(Laboratory::items, options);
  if (cell.pattern->width == Width::batch_size)
    return std::min(left, width - done % width);
  return std::min(left, width);
}

/// Lets items pass in submission order until the victim and everything that
/// may be in flight beside it is; then it is the victim's turn. True when the
/// victim was released.
bool release_up_to_victim(origin::Process& origin, const Cell& cell,
                          const Options& options, std::size_t& done) {
  const Control& control = *options.control;
  while (true) {
    const std::size_t wanted = in_flight(cell, options, done);
    wait_until([&] {
      return static_cast<std::size_t>(std::popcount(origin.held())) == wanted &&
             control.ended >= done;
    });
    const std::uint64_t held = origin.held();
    if (held == 0) return false;
    if (held >> Laboratory::victim & 1) break;
    origin.release(static_cast<std::uint64_t>(std::countr_zero(held)));
    ++done;
  }
  return true;
}

[[noreturn]] void release_everything(origin::Process& origin) {
  while (true) {
    for (std::uint64_t held = origin.held(); held != 0; held &= held - 1)
      origin.release(static_cast<std::uint64_t>(std::countr_zero(held)));
    usleep(100);
  }
}

/// Small enough for twelve items to fill every pattern more than once.
Options small_options(OnError on_error, Control* control) {
  Options options;
  options.limit = 4;
  options.queue_capacity = 4;
  options.producers = 1;  // whose item comes first of two is not repeatable
  options.batch_size = 4;
  options.cores = 2;
  options.on_error = on_error;
  options.control = control;
  return options;
}

Watch watch_over(const Cell& cell, const Fault& fault, Control& control) {
  Watch watch;
  watch.control = &control;
  watch.deadline = deadline;
  // Where nobody else ends it, there is no use in waiting for long.
  if (fault.hang && costs_the_run(cell, fault)) {
    watch.deadline = 1s;
    watch.grace = 250ms;
  }
  return watch;
}

/// Whether a fault strikes on cue: in processing, behind a reply that is held.
bool strikes_on_cue(const Item& item) {
  return item.work && item.url.find("/gated/") != std::string::npos;
}

/// Orphans come to this process instead of the system's first one.
void adopt_orphans() {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/// Buries the orphans of a run that have ended; those that live are seen.
void bury_orphans(pid_t origin) {
  siginfo_t ended{};
  while (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         ended.si_pid != 0 && ended.si_pid != origin)
    reap(ended.si_pid);
}

}  // namespace

Laboratory::Laboratory(Transport transport) : transport_(transport) {
  origin::Settings settings;
  settings.gate = true;
  origin_ = std::make_unique<origin::Process>(settings);
  void* memory = mmap(nullptr, sizeof(Notes), PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    throw std::system_error(errno, std::generic_category(), "mmap");
  notes_ = new (memory) Notes;
  adopt_orphans();
}

Laboratory::~Laboratory() {
  munmap(notes_, sizeof(Notes));
}

std::vector<Item> Laboratory::make_items() const {
  std::vector<Item> made(items);
  for (std::size_t i = 0; i < items; ++i) {
    made[i].id = i;
    made[i].url = origin_->url(
        origin::gated_path({i, 1, body_bytes, origin::WaitSpec{}}));
    made[i].expected =
        Expected{body_bytes, digest(origin::body_of(1, i, body_bytes))};
  }
  return made;
}

void Laboratory::direct(const Cell& cell, const Options& options) {
  std::size_t done = 0;
  if (release_up_to_victim(*origin_, cell, options, done)) {
    // A pipeline takes the next item up while this one is processed.
    const origin::Counters& counters = origin_->counters();
    const bool another = cell.pattern->width == Width::stages;
    const std::uint64_t expected = counters.requests + another;
    origin_->release(victim);
    wait_until([&] { return counters.requests == expected; });
    notes_->requests_before = counters.requests;
    notes_->strike = true;
    wait_until([&] { return options.control->ended > done; });
    notes_->seen = Clock::now();
  }
}

void Laboratory::read(const interleave::Run& run, Finding& finding) const {
  if (run.killed) {
    finding.run_lost = run.trace.results[victim].error.text;
    return;
  }
  Trace others = run.trace;
  const Result& result = run.trace.results[victim];
  others.results.erase(others.results.begin() + victim);
  finding.status = result.status;
  finding.error = result.error;
  finding.siblings = tally(others);

  finding.left = notes_->left;

  const bool stamped = result.finished != Clock::time_point{};
  finding.seen = stamped || finding.staged;
  if (!finding.seen) return;
  const Clock::time_point failed = stamped ? result.finished : notes_->seen;
  finding.until_return = notes_->returned - failed;
  // Staged, the server is the witness: all that was in flight had reached it.
  finding.requests_after =
      finding.staged ? run.origin_requests - notes_->requests_before
                     : static_cast<std::uint64_t>(std::ranges::count_if(
                           others.results, [&](const Result& other) {
                             return other.started > failed;
                           }));
}

Finding Laboratory::examine(const Cell& cell, const Fault& fault,
                            OnError on_error) {
  Finding finding;
  finding.cell = &cell;
  finding.fault = &fault;
  finding.on_error = on_error;
  finding.items = items;
  std::vector<Item> work = make_items();
  Options options = small_options(on_error, control_.get());
  options.transport = transport_;
  fault.inject({work[victim], options, *origin_});
  finding.staged = strikes_on_cue(work[victim]);

  new (control_.get()) Control;
  new (notes_) Notes;
  strike_on(finding.staged ? &notes_->strike : nullptr);
  observed = {&cell, &notes_->left, &notes_->returned};
  Cell watched = cell;
  watched.run = run_observed;
  const Watch watch = watch_over(cell, fault, *control_);

  const Belongings before = belongings_of(getpid());
  try {
    const Director director([&] {
      if (finding.staged) direct(cell, options);
      release_everything(*origin_);
    });
    const interleave::Run run =
        measure(watched, work, options, origin_.get(), watch);
    read(run, finding);
  } catch (const InfrastructureError& error) {
    if (origin_->exited()) throw;
    finding.run_lost = error.what();
  }
  bury_orphans(origin_->pid());
  finding.left_outside = left_over(before, 1s);
  return finding;
}

}  // namespace interleave::faults
