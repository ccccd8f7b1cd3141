#include "bench/faults/fault_injector.hpp"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <thread>

#include "bench/grid/expectation.hpp"
#include "bench/origin/content.hpp"
#include "common/child_process.hpp"
#include "common/digest.hpp"

namespace interleave::faults {

namespace {

using namespace std::chrono_literals;

constexpr std::size_t body_bytes = 1000;
constexpr std::chrono::seconds deadline{20};
constexpr std::chrono::seconds patience{5};

/// A cell runs in the measured process, and is observed there.
Results run_observed(const Cell& cell, Workload items, const Options& options,
                     LeakCounts& left, Clock::time_point& returned) {
  // No core files, and no thread that a sanitizer's runtime starts with the
  // first one.
  const rlimit none{};
  setrlimit(RLIMIT_CORE, &none);
  std::thread([] {}).join();

  const LeakCounts before = belongings_of(getpid());
  Results results;
  const auto run = [&] {
    results = cell.run(items, options);
    returned = Clock::now();
  };
  // Whether a library's threads are all it keeps shows when they end.
  if (cell.model->end_threads_after)
    cell.model->end_threads_after(run);
  else
    run();
  left = left_over(before, 500ms);
  return results;
}

template <class Condition>
void wait_until(Condition holds) {
  const auto until = Clock::now() + patience;
  while (!holds() && Clock::now() < until) usleep(50);
}

/// Lets items pass in submission order until the victim and everything that
/// may be in flight beside it is; then it is the victim's turn. True when the
/// victim was released.
bool release_up_to_victim(origin::Process& origin, const Cell& cell,
                          const Options& options, const RunControl& control,
                          std::size_t& done) {
  Expectation expectation(cell, FaultInjector::items, options);
  while (true) {
    const std::uint64_t wanted = expectation.in_flight();
    wait_until([&] {
      return std::popcount(origin.held()) == std::popcount(wanted) &&
             control.ended >= done;
    });
    const std::uint64_t held = origin.held();
    if (held == 0) return false;
    if (held >> FaultInjector::victim & 1) break;
    origin.release(static_cast<std::uint64_t>(std::countr_zero(held)));
    expectation.finish(static_cast<std::size_t>(std::countr_zero(wanted)));
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
Options small_options(OnError on_error) {
  Options options;
  options.limit = options.limit_max = 4;
  options.queue_capacity = 4;
  options.producers = 1;  // whose item comes first of two is not repeatable
  options.batch_size = 4;
  options.cores = 2;
  options.on_error = on_error;
  return options;
}

Plan plan_for(const Cell& cell, const Fault& fault, OnError on_error) {
  Plan plan;
  plan.options = small_options(on_error);
  plan.deadline = deadline;
  // Where nobody else ends it, there is no use in waiting for long.
  if (fault.hang && costs_the_run(cell, fault)) {
    plan.deadline = 1s;
    plan.grace = 250ms;
  }
  return plan;
}

/// Whether a fault strikes on cue: in processing, behind a reply that is held.
bool strikes_on_cue(const Item& item) {
  return item.process_fn && item.url.find("/gated/") != std::string::npos;
}

/// Orphans come to this process instead of the system's first one.
void adopt_orphans() {
  prctl(PR_SET_CHILD_SUBREAPER, 1);
}

/// Reaps the orphans of a run that have ended; those that live are seen.
void reap_orphans(pid_t origin) {
  siginfo_t ended{};
  while (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         ended.si_pid != 0 && ended.si_pid != origin)
    reap(ended.si_pid);
}

}  // namespace

FaultInjector::FaultInjector(Transport transport)
    : transport_(transport), runner_({.gate = true}) {
  runner_.origin();
  adopt_orphans();
}

std::vector<Item> FaultInjector::make_items() {
  const UrlOf url = runner_.urls();
  std::vector<Item> made(items);
  for (std::size_t i = 0; i < items; ++i) {
    made[i].id = i;
    made[i].url = url(i, origin::gated_path({i, 1, body_bytes, {}}));
    made[i].expected =
        Expected{body_bytes, digest(origin::body_of(1, i, body_bytes))};
  }
  return made;
}

void FaultInjector::direct(const Cell& cell, const Options& options,
                           const RunControl& control) {
  origin::Process& origin = runner_.origin();
  std::size_t done = 0;
  if (release_up_to_victim(origin, cell, options, control, done)) {
    // A pipeline takes the next item up while this one is processed.
    const origin::Counters& counters = origin.counters();
    const bool another = cell.pattern->width == ConcurrencyCap::stages;
    const std::uint64_t expected = counters.requests + another;
    origin.release(victim);
    wait_until([&] { return counters.requests == expected; });
    notes_->requests_before = counters.requests;
    notes_->strike = true;
    wait_until([&] { return control.ended > done; });
    notes_->seen = Clock::now();
  }
}

void FaultInjector::read(const interleave::Run& run, Finding& finding) const {
  if (run.killed) {
    finding.run_lost = run.trace.results[victim].error.text;
    return;
  }
  Trace others = run.trace;
  const Result& result = run.trace.results[victim];
  others.results.erase(others.results.begin() + victim);
  finding.status = result.status;
  finding.error = result.error;
  finding.siblings = count_outcomes(others);

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

Finding FaultInjector::examine(const Cell& cell, const Fault& fault,
                               OnError on_error) {
  Finding finding;
  finding.cell = &cell;
  finding.fault = &fault;
  finding.on_error = on_error;
  finding.items = items;
  std::vector<Item> work = make_items();
  Plan plan = plan_for(cell, fault, on_error);
  plan.options.transport = transport_;
  fault.inject({work[victim], plan.options, runner_.origin()});
  plan.items = work;
  finding.staged = strikes_on_cue(work[victim]);

  notes_.renew();
  strike_on(finding.staged ? &notes_->strike : nullptr);
  plan.in_its_place = [&](Workload given, const Options& options) {
    return run_observed(cell, given, options, notes_->left, notes_->returned);
  };
  const auto conduct = [&](RunControl& control) {
    if (finding.staged) direct(cell, plan.options, control);
    release_everything(runner_.origin());
  };

  const LeakCounts before = belongings_of(getpid());
  try {
    read(runner_.run(cell, plan, conduct), finding);
  } catch (const InfrastructureError& error) {
    if (runner_.origin().exited()) throw;
    finding.run_lost = error.what();
  }
  reap_orphans(runner_.origin().pid());
  finding.left_outside = left_over(before, 1s);
  return finding;
}

}  // namespace interleave::faults
