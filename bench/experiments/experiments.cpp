#include <array>

#include "bench/experiments/experiment.hpp"
#include "bench/text/names.hpp"

namespace interleave::experiments {

namespace {

constexpr std::string_view scans_gist = "gist, 2025";
constexpr std::string_view pool_article =
    "article on a thread pool behind an event loop";
constexpr std::string_view pages_article =
    "article on four ways to download 160 pages";
constexpr std::string_view first_article =
    "article on first steps with coroutines";
constexpr std::string_view amap_article =
    "article on a bounded asynchronous map";

constexpr std::array all{
    Experiment{"scans-one-by-one",
               "Awaiting each scan in a loop is asynchronous in name only: S1 "
               "L1 S2 L2 S3 L3 S4 L4.",
               scans_gist, "--limit --files", scans_one_by_one},
    Experiment{"scans-gather",
               "All scans are loaded at once: S1 S2 S3 S4, then the four L.",
               scans_gist, "--limit --files", scans_gather},
    Experiment{"scans-semaphore",
               "Two permits: a scan starts when another one has been loaded.",
               scans_gist, "--limit --files", scans_semaphore},
    Experiment{"scans-queue",
               "Two workers and a queue of two places load in the same order "
               "as two permits.",
               scans_gist, "--limit --files", scans_queue},
    Experiment{"scans-queue-error",
               "A file that cannot be parsed shuts the queue down: the root "
               "error is reported, and nothing hangs.",
               scans_gist, "", scans_queue_error},
    Experiment{
        "scans-matrix",
        "The scans become one matrix, and it is the same one from every cell.",
        scans_gist, "--limit --files", scans_matrix},
    Experiment{"pool-hello",
               "Twenty tasks of a second on a pool of four take five seconds, "
               "and their results come in order.",
               pool_article, "", pool_hello},
    Experiment{"pool-boom",
               "When a task throws, the others run all the same, unless a flag "
               "says not to start them.",
               pool_article, "", pool_boom},
    Experiment{"images",
               "Images are fetched, shrunk and uploaded, and the server checks "
               "what it gets.",
               pool_article, "--limit", images},
    Experiment{"thousands",
               "Thousands of connections to one server are open at once, with "
               "a coroutine each and with a thread each.",
               pool_article, "", thousands},
    Experiment{"pages",
               "160 pages one after the other, five at a time, four at a time "
               "and all at once; then on equal terms.",
               pages_article, "", pages},
    Experiment{"count",
               "Waiting together: three tasks print One, wait for a second and "
               "print Two.",
               pages_article, "", count},
    Experiment{"chain",
               "Chains of two waits run together, and the program takes as "
               "long as the longest of them.",
               pages_article, "", chain},
    Experiment{"producers",
               "Producers put items on a queue after random waits, and "
               "consumers take them out after others.",
               pages_article, "--producers --consumers", producers},
    Experiment{"batch-gather",
               "Tasks are done in batches, and after each one it is told how "
               "many are completed.",
               pages_article, "", batch_gather},
    Experiment{"run-jobs",
               "Jobs under a semaphore come back in order, with a progress bar "
               "or without.",
               pages_article, "--limit", run_jobs},
    Experiment{
        "run-async-tasks",
        "All tasks at once; a progress bar changes neither results nor errors.",
        pages_article, "", run_async_tasks},
    Experiment{
        "nested-loop",
        "Entering an event loop from inside one is refused with a clear error.",
        pages_article, "", nested_loop},
    Experiment{"concepts",
               "Who switches between tasks, on how many cores, and what that "
               "is good for: tables made of measured figures.",
               pages_article, "", concepts},
    Experiment{"sleepy",
               "Three seconds of sleep take three seconds when awaited one by "
               "one, and one when the tasks were started before.",
               first_article, "", sleepy},
    Experiment{"books",
               "Numbers are put on a queue at a steady pace, eight look them "
               "up, and every model finds the same books.",
               first_article, "--until-stopped", books},
    Experiment{"amap",
               "A hundred calls that sleep, ten at a time, with results in "
               "input order.",
               amap_article, "--limit", amap},
};

}  // namespace

std::span<const Experiment> experiments() {
  return all;
}

const Experiment& experiment(std::string_view id) {
  return find_named("experiment", id, all, &Experiment::id,
                    "`interleave reproduce --list` shows all");
}

bool takes(const Experiment& experiment, std::string_view option) {
  std::string_view left = experiment.takes;
  while (!left.empty()) {
    const std::size_t end = left.find(' ');
    if (left.substr(0, end) == option) return true;
    left.remove_prefix(end == left.npos ? left.size() : end + 1);
  }
  return false;
}

}  // namespace interleave::experiments
