// Promises 1 to 3 of docs/failure.md, with every allocation and every system
// call of a run failing in turn.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef INTERLEAVE_ONETBB
#include <oneapi/tbb/global_control.h>
#endif

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iostream>
#include <map>
#include <memory>
#include <new>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "bench/faults/leak_counts.hpp"
#include "common/child_process.hpp"
#include "common/exit_status.hpp"
#include "common/transfer.hpp"
#include "tests/models/cells.hpp"
#include "tests/models/injection.hpp"

namespace interleave::injection {

namespace {

using namespace std::chrono_literals;
using faults::LeakCounts;

/// What fetches the items of a scenario.
enum class By { sleep, curl, beast, file };

std::string_view name_of(By by) {
  constexpr std::array<std::string_view, 4> names{"sleep", "curl", "beast",
                                                  "file"};
  return names[static_cast<std::size_t>(by)];
}

constexpr std::string_view hangs = "it hangs";
constexpr std::size_t items_in_a_run = 5;
constexpr std::size_t bytes = 600;
constexpr int patience_ms = 20'000;
/// Of a run whose failure struck in a known place, and that may last for ever.
constexpr int short_patience_ms = 500;
/// A run has fewer calls of one kind than that.
constexpr std::uint64_t most_calls = 5'000;

/// What the child found out; shared with it.
struct Verdict {
  bool ended;  ///< it came to its end
  bool threw;
  char what[128];
  Tally outcomes;
  std::size_t results, unverified;
  std::uint64_t began, announced;
  LeakCounts left;
};

/// What reads a file or speaks HTTP is the same in all patterns of a model.
std::vector<By> ways(const Cell& cell) {
  std::vector<By> all{By::sleep, By::curl};
  const bool async = cell.model->name == "async";
  if (cell.pattern->name == "queue" || cell.pattern->name == "one_by_one" ||
      (async && cell.pattern->name == "gather"))
    all.insert(all.end(), {By::beast, By::file});
  return all;
}

/// Long enough not to fit into the string itself.
std::string some_work(const Item& item, std::string_view) {
  return fmt::format("what processing made of the body of item {}", item.id);
}

Options small_options(By by) {
  Options options;
  options.limit = options.limit_max = options.producers = options.cores = 2;
  options.batch_size = 2;
  options.queue_capacity = 1;
  options.allow_files = by == By::file;
  options.transport = by == By::beast ? Transport::beast : Transport::curl;
  options.timeout = 500ms;
  options.grace = 10s;
  return options;
}

/// Ends the threads that oneTBB keeps.
class Library {
 public:
#ifdef INTERLEAVE_ONETBB
  void end() { tbb::finalize(handle_, std::nothrow); }

 private:
  tbb::task_scheduler_handle handle_{tbb::attach{}};
#else
  void end() {}
#endif
};

/// A place in a library that cannot be mended from here. A run whose failure
/// struck there may end, or last, as it likes: its process is the bound.
struct Known {
  std::string_view function;  ///< part of a name on the stack, as linked
  Seam seam;
  std::string_view why;
  std::string_view only = "";  ///< what becomes of the run; else anything
};

constexpr std::array known_places{
    Known{"libtbb", Seam::thread,
          "oneTBB aborts, or waits for ever, when it is refused a thread; all "
          "are asked for beforehand, but others may take them meanwhile"},
    Known{"libtbb", Seam::memory,
          "oneTBB starts its threads in functions that may not throw"},
    Known{"libcurl", Seam::memory,
          "libcurl 7.88 divides by the size of a hash that it could not make",
          "SIGFPE"},
    Known{"experimental", Seam::memory,
          "Asio's channel releases an operation twice that it cannot post"},
    Known{"6createINS1_13epoll_reactor", Seam::watch,
          "Asio does not look whether its event and its timer are watched"},
    Known{"io_uring_service", Seam::watch, "nor whether that of its ring is"},
    Known{"io_uring_service", Seam::memory,
          "Asio loses the ring's descriptors when it cannot register them"},
};

/// Where a run may come to `fault`.
const Known* known_place(std::string_view fault) {
  for (const Known& known : known_places)
    if (struck_in(known.seam, known.function) &&
        fault.find(known.only) != fault.npos)
      return &known;
  return nullptr;
}

class Injection : public testing::TestWithParam<const Cell*> {
 protected:
  static void SetUpTestSuite() {
    origin_ = std::make_unique<origin::Process>(origin::Settings{});
    set_up();
    initialise_curl();
    file_ = testing::TempDir() + fmt::format("injection_{}", getpid());
    std::ofstream(file_) << origin::body_of(1, 0, bytes);
    void* const memory = mmap(nullptr, 4096, PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ASSERT_NE(memory, MAP_FAILED);
    verdict_ = static_cast<Verdict*>(memory);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
  }
  static void TearDownTestSuite() {
    std::remove(file_.c_str());
    origin_.reset();
  }

  static std::vector<Item> items(By by) {
    std::vector<Item> items(items_in_a_run);
    for (std::size_t i = 0; i < items.size(); ++i) {
      Item& item = items[i];
      item.id = i;
      item.process_fn = some_work;
      const std::size_t content = by == By::file ? 0 : i;
      item.expected =
          Expected{bytes, digest(origin::body_of(1, content, bytes))};
      if (by == By::file) {
        item.url = "file:" + file_;
      } else if (by == By::sleep) {
        item.url = "sleep:1ms";
        item.wait = 1ms;
        item.expected.reset();
      } else {
        item.url =
            origin_->url(origin::item_path(origin::ItemSpec{i, 1, bytes, {}}));
        // Of a length that is not expected, the body takes memory as it comes.
        if (i == 2) item.expected.reset();
      }
      if (i % 2 == 1) item.follow_up = "sleep:1ms", item.follow_up_wait = 1ms;
      if (i % 4 == 1 && (by == By::curl || by == By::beast))
        item.follow_up = origin_->url(fmt::format("/items/{}", i));
    }
    return items;
  }

  /// Runs the cell with the `nth` call of `failure` failing, in a child.
  static void run(const Cell& cell, By by, const Failure& failure,
                  std::uint64_t nth) {
    const std::vector<Item> work = items(by);
    std::vector<Clock::time_point> queued(work.size());
    SharedControl control;
    Options options = small_options(by);
    options.control = control.get();
    const Workload workload(work, queued);
    std::thread([] {}).join();  // a sanitizer's own comes with the first one
    const LeakCounts before = faults::belongings_of(getpid());
    Library library;

    Results results;
    std::exception_ptr thrown;
    arm(failure, nth);
    try {
      results = cell.run(workload, options);
    } catch (...) {
      thrown = std::current_exception();
    }
    disarm();

    Verdict& verdict = *verdict_;
    verdict.threw = thrown != nullptr;
    try {
      if (thrown) std::rethrow_exception(thrown);
    } catch (const std::exception& error) {
      std::snprintf(verdict.what, sizeof verdict.what, "%s", error.what());
    }
    thrown = nullptr;
    judge(work, std::move(results));
    verdict.began = control.get()->began;
    verdict.announced = control.get()->ended;
    library.end();
    verdict.left = faults::left_over(before, 1s);
    verdict.ended = true;
  }

  static void judge(const std::vector<Item>& work, Results results) {
    Verdict& verdict = *verdict_;
    verdict.results = results.size();
    for (std::size_t i = 0; i < results.size(); ++i)
      if (results[i].status == Status::completed &&
          results[i].output != some_work(work[i], {}))
        ++verdict.unverified;
    Trace trace;
    trace.results = std::move(results);
    verdict.outcomes = count_outcomes(trace);
  }

  /// What is wrong with a child that has ended as `status` says; or empty.
  static std::string fault_of(int status, bool in_time) {
    const Verdict& verdict = *verdict_;
    if (!in_time) return std::string(hangs);
    if (status != 0) return how_it_ended(status);
    if (!verdict.ended) return "it left early";
    const auto& [threads, children, descriptors] = verdict.left;
    if (verdict.left != LeakCounts{})
      return fmt::format("{} threads, {} children, {} descriptors are left",
                         threads, children, descriptors);
    if (verdict.threw) return "";
    if (verdict.results != items_in_a_run || verdict.outcomes.not_run > 0)
      return fmt::format("{} items have no outcome", verdict.outcomes.not_run);
    if (verdict.unverified > 0) return "an item completed with other output";
    if (verdict.announced != items_in_a_run)
      return fmt::format("{} outcomes were announced", verdict.announced);
    return "";
  }

  /// Waits for the child, but not longer than it may take.
  static std::string wait_for(pid_t child) {
    const int handle = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
    pollfd end{handle, POLLIN, 0};
    bool in_time = poll(&end, 1, short_patience_ms) == 1;
    if (!in_time && !known_place(hangs))
      in_time = poll(&end, 1, patience_ms) == 1;
    close(handle);
    kill(-child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    while (waitpid(-1, nullptr, WNOHANG) > 0) {  // its orphans, killed above
    }
    return fault_of(status, in_time);
  }

  /// Empty when the run kept the promises.
  static std::string run_in_child(const Cell& cell, By by,
                                  const Failure& failure, std::uint64_t nth) {
    *verdict_ = {};
    const pid_t child = fork_child([&] {
      setpgid(0, 0);
      const rlimit none{};
      setrlimit(RLIMIT_CORE, &none);
      run(cell, by, failure, nth);
    });
    if (child < 0) throw std::runtime_error("fork");
    setpgid(child, child);
    return wait_for(child);
  }

  static inline std::unique_ptr<origin::Process> origin_;
  static inline std::string file_;
  static inline Verdict* verdict_ = nullptr;
};

/// In numbers, for docs/failure.md.
struct Count {
  std::uint64_t injections = 0, threw = 0, threw_late = 0, excused = 0;
  std::map<const Known*, std::uint64_t> excused_at;
};
Count all;  // of the cells so far

/// Library code that fails in place of ours is rare, or ours is excused.
constexpr std::uint64_t most_excused_in_a_cell = 50;

class EveryFailure : public Injection {
 protected:
  static void fail_each_call(const Cell& cell, By by, const Failure& failure) {
    std::set<std::string> told;
    for (std::uint64_t nth = 1; nth < most_calls; ++nth) {
      const std::string fault = run_in_child(cell, by, failure, nth);
      all.injections += has_struck();
      all.threw += verdict_->threw;
      all.threw_late += verdict_->threw && verdict_->began > 0;
      const Known* const known = fault.empty() ? nullptr : known_place(fault);
      if (known) {
        ++all.excused;
        ++all.excused_at[known];
      } else if (!fault.empty() && told.insert(fault).second) {
        ADD_FAILURE() << fmt::format(
            "{} by {}, {} {}: {}{}\n  struck at{}", cell.name(), name_of(by),
            failure.name, nth, fault,
            verdict_->threw ? fmt::format(" ({})", verdict_->what) : "",
            where_it_struck());
      }
      if (!has_struck()) return;
    }
    ADD_FAILURE() << "there is no end to it";
  }
};

TEST_P(EveryFailure, IsSurvived) {
  const std::uint64_t excused_before = all.excused;
  for (const By by : ways(*GetParam()))
    for (const Failure& failure : all_failures())
      fail_each_call(*GetParam(), by, failure);
  EXPECT_LE(all.excused - excused_before, most_excused_in_a_cell);
  std::cout << fmt::format(
      "{} injections: {} runs threw, {} of them late; {} are excused\n",
      all.injections, all.threw, all.threw_late, all.excused);
  for (const auto& [known, count] : all.excused_at)
    std::cout << fmt::format("  {}: {}\n", count, known->why);
}

INSTANTIATE_TEST_SUITE_P(, EveryFailure, testing::ValuesIn(all_cells()),
                         cell_test_name);

}  // namespace
}  // namespace interleave::injection
