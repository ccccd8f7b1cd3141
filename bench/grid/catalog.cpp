#include "bench/grid/catalog.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "async/model.hpp"
#include "bench/text/units.hpp"
#include "processes/model.hpp"
#include "sequential/model.hpp"
#include "threads/model.hpp"
#ifdef INTERLEAVE_ONETBB
#include "threads/onetbb/model.hpp"
#endif

namespace interleave {

namespace {

constexpr std::array all_patterns{
    Pattern{"one_by_one", "the next item starts when the last one finished",
            Width::one},
    Pattern{"gather", "start everything, wait for all", Width::all},
    Pattern{"semaphore",
            "start items as permits allow; at most `limit` are in flight",
            Width::limit},
    Pattern{"queue",
            "a fixed crew of `limit` workers is fed by a bounded queue",
            Width::limit},
    Pattern{"batches",
            "one batch of `batch_size` at a time, gather inside each",
            Width::batch_size},
    Pattern{"pipeline",
            "downloading and processing are stages joined by a bounded queue",
            Width::stages},
    Pattern{"producers",
            "`producers` tasks hand items in, `limit` workers take them out",
            Width::limit, true},
};
constexpr const Pattern* one_by_one = &all_patterns[0];
constexpr const Pattern* gather = &all_patterns[1];
constexpr const Pattern* semaphore = &all_patterns[2];
constexpr const Pattern* queue = &all_patterns[3];
constexpr const Pattern* batches = &all_patterns[4];
constexpr const Pattern* pipeline = &all_patterns[5];
constexpr const Pattern* producers = &all_patterns[6];

#ifdef INTERLEAVE_ONETBB
/// A refusal is the pattern's to report, when it does start so many tasks:
/// after a stop it starts none.
void prepare_onetbb(std::size_t tasks) {
  try {
    onetbb::require_threads(tasks);
  } catch (const std::system_error&) {
  }
}
#else
constexpr auto prepare_onetbb = nullptr;
#endif

constexpr std::array all_models{
    Model{"sequential", "sequential", "one thread, one item at a time"},
    Model{"threads", "threads", "std::thread: tasks block, memory is shared"},
    Model{"onetbb", "threads/onetbb",
          "oneTBB: tasks on the worker threads of a library", prepare_onetbb},
    Model{"processes", "processes",
          "fork: tasks block, nothing is shared, results travel back"},
    Model{"async", "async",
          "coroutines on one event loop (Asio): tasks suspend"},
};
constexpr const Model* sequential_model = &all_models[0];
constexpr const Model* threads_model = &all_models[1];
[[maybe_unused]] constexpr const Model* onetbb_model = &all_models[2];
constexpr const Model* processes_model = &all_models[3];
constexpr const Model* async_model = &all_models[4];

const Cell all_cells[] = {
    {sequential_model, one_by_one, sequential::one_by_one},
    {threads_model, gather, threads::gather},
    {threads_model, semaphore, threads::semaphore},
    {threads_model, queue, threads::queue},
    {threads_model, batches, threads::batches},
    {threads_model, pipeline, threads::pipeline},
    {threads_model, producers, threads::producers},
#ifdef INTERLEAVE_ONETBB
    {onetbb_model, gather, onetbb::gather},
    {onetbb_model, semaphore, onetbb::semaphore},
    {onetbb_model, queue, onetbb::queue},
    {onetbb_model, batches, onetbb::batches},
    {onetbb_model, pipeline, onetbb::pipeline},
    {onetbb_model, producers, onetbb::producers},
#endif
    {processes_model, gather, processes::gather},
    {processes_model, semaphore, processes::semaphore},
    {processes_model, queue, processes::queue},
    {processes_model, batches, processes::batches},
    {processes_model, pipeline, processes::pipeline},
    {processes_model, producers, processes::producers},
    {async_model, one_by_one, async::run<async::one_by_one>},
    {async_model, gather, async::run<async::gather>},
    {async_model, semaphore, async::run<async::semaphore>},
    {async_model, queue, async::run<async::queue>},
    {async_model, batches, async::run<async::batches>},
    {async_model, pipeline, async::run<async::pipeline>},
    {async_model, producers, async::run<async::producers>},
};

/// Whether `name` matches `pattern`, in which '*' stands for any part. Going
/// back to the last star is enough, so no pattern is slow.
bool matches(std::string_view pattern, std::string_view name) {
  std::size_t p = 0, n = 0;
  std::size_t star = pattern.npos, after = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      after = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p, ++n;
    } else if (star != pattern.npos) {
      p = star + 1;
      n = ++after;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == pattern.npos;
}

/// How many letters must be changed, added or left out.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({changed, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row.back();
}

[[noreturn]] void reject(std::string_view part) {
  std::vector<std::string> names;
  for (const Cell& cell : all_cells) names.push_back(cell.name());
  const std::vector<std::string_view> views(names.begin(), names.end());
  const std::string_view close = nearest(part, views);
  throw std::invalid_argument(
      close.empty()
          ? fmt::format("no cell is called {}: `interleave list` shows all",
                        in_quotes(part))
          : fmt::format("no cell is called {}: did you mean '{}'?",
                        in_quotes(part), close));
}

}  // namespace

std::string Cell::name() const {
  return fmt::format("{}/{}", model->name, pattern->name);
}

std::string Cell::source() const {
  return fmt::format("{}/{}.cpp", model->folder, pattern->name);
}

unsigned Cell::usable_cores(const Options& options, unsigned available) const {
  if (pattern->width == Width::one) return 1;
  if (pattern->width == Width::stages)
    return std::min(options.cores, available);
  return model == async_model ? 1 : available;  // one loop, one thread
}

std::size_t Cell::width(std::size_t items, const Options& options) const {
  std::size_t most = items;
  switch (pattern->width) {
    case Width::one:
      most = 1;
      break;
    case Width::all:
      break;
    case Width::limit:
    case Width::stages:
      most = options.limit;
      break;
    case Width::batch_size:
      most = options.batch_size;
      break;
  }
  return std::min(items, most);
}

std::size_t Cell::tasks(std::size_t items, const Options& options) const {
  switch (pattern->width) {
    case Width::one:
    case Width::all:
    case Width::batch_size:
      break;
    case Width::limit:
      return options.limit + (pattern->paced ? options.producers : 0);
    case Width::stages:
      return options.limit + options.cores;
  }
  return width(items, options);
}

std::span<const Pattern> patterns() {
  return all_patterns;
}
std::span<const Model> models() {
  return all_models;
}
std::span<const Cell> catalog() {
  return all_cells;
}

std::vector<const Cell*> select_cells(std::string_view list) {
  std::vector<bool> chosen(std::size(all_cells));
  while (true) {
    const std::size_t comma = list.find(',');
    const std::string_view part = list.substr(0, comma);
    bool found = false;
    for (std::size_t at = 0; at < chosen.size(); ++at) {
      if (!matches(part, all_cells[at].name())) continue;
      chosen[at] = found = true;
    }
    if (!found) reject(part);
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }

  std::vector<const Cell*> cells;
  for (std::size_t at = 0; at < chosen.size(); ++at)
    if (chosen[at]) cells.push_back(&all_cells[at]);
  return cells;
}

std::string_view nearest(std::string_view word,
                         std::span<const std::string_view> known) {
  std::string_view best;
  std::size_t least = std::max<std::size_t>(2, word.size() / 3) + 1;
  for (std::string_view candidate : known) {
    const std::size_t far = distance(word, candidate);
    if (far >= least) continue;
    least = far;
    best = candidate;
  }
  return best;
}

}  // namespace interleave
