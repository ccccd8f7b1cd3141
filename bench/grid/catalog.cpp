// The tables of the grid. Who adds a model or a pattern adds it here
// (CONTRIBUTING.md); tests/models/shape_test.py reads them, too.

#include "bench/grid/catalog.hpp"

#include <array>
#include <system_error>

#include "async/curl_client.hpp"
#include "async/model.hpp"
#include "processes/model.hpp"
#include "sequential/model.hpp"
#include "threads/model.hpp"
#ifdef INTERLEAVE_ONETBB
#include <oneapi/tbb/global_control.h>

#include "threads/onetbb/model.hpp"
#endif

namespace interleave {

namespace {

constexpr std::array all_patterns{
    Pattern{.name = "one_by_one",
            .promise = "the next item starts when the last one finished",
            .width = ConcurrencyCap::one},
    Pattern{.name = "gather",
            .promise = "start everything, wait for all",
            .width = ConcurrencyCap::all,
            .uses = {.starts = 1}},
    Pattern{.name = "semaphore",
            .promise =
                "start items as permits allow; at most `limit` are in flight",
            .width = ConcurrencyCap::limit,
            .uses = {.starts = 1, .permits = 1}},
    Pattern{
        .name = "queue",
        .promise = "a fixed crew of `limit` workers is fed by a bounded queue",
        .width = ConcurrencyCap::limit,
        .uses = {.hand_overs = 1}},
    Pattern{
        .name = "batches",
        .promise = "one batch of `batch_size` at a time, gather inside each",
        .width = ConcurrencyCap::batch_size,
        .uses = {.starts = 1}},
    Pattern{.name = "pipeline",
            .promise = "downloading and processing are stages joined by a "
                       "bounded queue",
            .width = ConcurrencyCap::stages,
            .uses = {.hand_overs = 2}},
    Pattern{.name = "producers",
            .promise = "`producers` tasks hand items in, `limit` workers take "
                       "them out",
            .width = ConcurrencyCap::limit,
            .uses = {.hand_overs = 1},
            .paced = true},
    Pattern{.name = "adaptive",
            .promise = "a semaphore whose limit follows what the server shows",
            .width = ConcurrencyCap::limit_max,
            .uses = {.starts = 1, .permits = 1}},
};

#ifdef INTERLEAVE_ONETBB
/// A refusal is the pattern's to report, when it does start so many tasks:
/// after a stop it starts none.
void prepare_onetbb(std::size_t tasks) {
  try {
    onetbb::require_threads(tasks);
  } catch (const std::system_error&) {
  }
}

void end_onetbb_after(const std::function<void()>& body) {
  tbb::task_scheduler_handle library{tbb::attach{}};
  body();
  tbb::finalize(library, std::nothrow);
}
#else
constexpr auto prepare_onetbb = nullptr;
constexpr auto end_onetbb_after = nullptr;
#endif

constexpr std::array all_models{
    Model{.name = "sequential",
          .folder = "sequential",
          .summary = "one thread, one item at a time"},
    Model{.name = "threads",
          .folder = "threads",
          .summary = "std::thread: tasks block, memory is shared",
          .task = TaskKind::thread,
          .parallel = true,
          .descriptors = {.with_curl = 3, .with_beast = 4},
          .tasks_at_once = 4'000,
          .primitives = {"thread", "thread", "thread"}},
    // oneTBB has no semaphore: its cell uses the standard library's.
    Model{.name = "onetbb",
          .folder = "threads/onetbb",
          .summary = "oneTBB: tasks on the worker threads of a library",
          .task = TaskKind::thread,
          .parallel = true,
          .descriptors = {.with_curl = 3, .with_beast = 4},
          .tasks_at_once = 1'000,
          .primitives = {"onetbb", "onetbb", "thread"},
          .prepare = prepare_onetbb,
          .end_threads_after = end_onetbb_after},
    // A child's connection is its own.
    Model{
        .name = "processes",
        .folder = "processes",
        .summary = "fork: tasks block, nothing is shared, results travel back",
        .task = TaskKind::process,
        .parallel = true,
        .descriptors = {.always = 1, .with_curl = 0, .with_beast = 0},
        .bytes_per_task = 4 << 20,
        .tasks_at_once = 400,
        .primitives = {"process", "process", "process"}},
    Model{
        .name = "async",
        .folder = "async",
        .summary = "coroutines on one event loop (Asio): tasks suspend",
        .task = TaskKind::coroutine,
        .descriptors = {.tasks_per_client = async::CurlClient::most_transfers},
        .tasks_at_once = 10'000,
        .primitives = {"coroutine", "coroutine", "coroutine"}},
};

/// The one of `all` with this name. The compiler finds out that there is none.
template <class All>
consteval const auto& named(std::string_view name, const All& all) {
  for (const auto& one : all)
    if (one.name == name) return one;
  throw "no entry has this name";
}

/// The cell of this name, which `run` is.
consteval Cell cell(std::string_view name, decltype(Cell::run) run) {
  const std::size_t slash = name.find('/');
  return {&named(name.substr(0, slash), all_models),
          &named(name.substr(slash + 1), all_patterns), run};
}

constexpr Cell all_cells[] = {
    cell("sequential/one_by_one", sequential::one_by_one),
    cell("threads/gather", threads::gather),
    cell("threads/semaphore", threads::semaphore),
    cell("threads/queue", threads::queue),
    cell("threads/batches", threads::batches),
    cell("threads/pipeline", threads::pipeline),
    cell("threads/producers", threads::producers),
    cell("threads/adaptive", threads::adaptive),
#ifdef INTERLEAVE_ONETBB
    cell("onetbb/gather", onetbb::gather),
    cell("onetbb/semaphore", onetbb::semaphore),
    cell("onetbb/queue", onetbb::queue),
    cell("onetbb/batches", onetbb::batches),
    cell("onetbb/pipeline", onetbb::pipeline),
    cell("onetbb/producers", onetbb::producers),
    cell("onetbb/adaptive", onetbb::adaptive),
#endif
    cell("processes/gather", processes::gather),
    cell("processes/semaphore", processes::semaphore),
    cell("processes/queue", processes::queue),
    cell("processes/batches", processes::batches),
    cell("processes/pipeline", processes::pipeline),
    cell("processes/producers", processes::producers),
    cell("processes/adaptive", processes::adaptive),
    cell("async/one_by_one", async::run<async::one_by_one>),
    cell("async/gather", async::run<async::gather>),
    cell("async/semaphore", async::run<async::semaphore>),
    cell("async/queue", async::run<async::queue>),
    cell("async/batches", async::run<async::batches>),
    cell("async/pipeline", async::run<async::pipeline>),
    cell("async/producers", async::run<async::producers>),
    cell("async/adaptive", async::run<async::adaptive>),
};

}  // namespace

namespace grid {
constinit const Pattern& one_by_one = named("one_by_one", all_patterns);
constinit const Pattern& gather = named("gather", all_patterns);
constinit const Pattern& semaphore = named("semaphore", all_patterns);
constinit const Pattern& queue = named("queue", all_patterns);
constinit const Pattern& batches = named("batches", all_patterns);
constinit const Pattern& pipeline = named("pipeline", all_patterns);
constinit const Pattern& producers = named("producers", all_patterns);
constinit const Pattern& adaptive = named("adaptive", all_patterns);
}  // namespace grid

std::span<const Pattern> patterns() {
  return all_patterns;
}
std::span<const Model> models() {
  return all_models;
}
std::span<const Cell> catalog() {
  return all_cells;
}

}  // namespace interleave
