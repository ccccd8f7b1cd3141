// The thread model: tasks are std::threads, they block, they share memory.
#pragma once

#include "common/item.hpp"
#include "common/options.hpp"
#include "common/result.hpp"
#include "common/run_item.hpp"
#include "common/session.hpp"
#include "threads/bounded_queue.hpp"
#include "threads/group.hpp"

namespace interleave::threads {

Results gather(Workload items, const Options& options);
Results semaphore(Workload items, const Options& options);
Results queue(Workload items, const Options& options);
Results batches(Workload items, const Options& options);
Results pipeline(Workload items, const Options& options);

}  // namespace interleave::threads
