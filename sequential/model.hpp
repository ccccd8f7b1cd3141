// The sequential model: one thread, one session, one item at a time.
#pragma once

#include "common/item.hpp"
#include "common/options.hpp"
#include "common/result.hpp"
#include "common/run_item.hpp"
#include "common/session.hpp"

namespace interleave::sequential {

Results one_by_one(Workload items, const Options& options);

}  // namespace interleave::sequential
