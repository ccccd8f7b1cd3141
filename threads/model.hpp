// The thread model: tasks are std::threads, they block, they share memory.
#pragma once

#include <cstddef>
#include <semaphore>
#include <utility>

#include "common/adaptive_semaphore.hpp"
#include "common/item.hpp"
#include "common/options.hpp"
#include "common/result.hpp"
#include "common/run_item.hpp"
#include "common/session.hpp"
#include "threads/bounded_queue.hpp"
#include "threads/group.hpp"

namespace interleave::threads {

/// The standard library's: a thread that finds no permit blocks.
using Semaphore = std::counting_semaphore<>;

/// A downloaded item on its way to the processing stage.
using Body = std::pair<std::size_t, Download>;

Results gather(Workload items, const Options& options);
Results semaphore(Workload items, const Options& options);
Results queue(Workload items, const Options& options);
Results batches(Workload items, const Options& options);
Results pipeline(Workload items, const Options& options);
Results producers(Workload items, const Options& options);
Results adaptive(Workload items, const Options& options);

}  // namespace interleave::threads
