// The process model: tasks are forked children, they block, they share
// nothing; what they find out travels back over a channel.
#pragma once

#include <utility>

#include "common/item.hpp"
#include "common/options.hpp"
#include "common/result.hpp"
#include "common/run_item.hpp"
#include "common/session.hpp"
#include "processes/bounded_queue.hpp"
#include "processes/channel.hpp"
#include "processes/group.hpp"
#include "processes/semaphore.hpp"

namespace interleave::processes {

// All of these fork, so the caller must have one thread only.
Results gather(Workload items, const Options& options);
Results semaphore(Workload items, const Options& options);
Results queue(Workload items, const Options& options);
Results batches(Workload items, const Options& options);
Results pipeline(Workload items, const Options& options);
Results producers(Workload items, const Options& options);
Results adaptive(Workload items, const Options& options);

}  // namespace interleave::processes
