#include "async/compute_pool.hpp"

#include <new>
#include <utility>

#include "async/offload.hpp"
#include "async/run_item.hpp"
#include "common/run_item.hpp"

namespace interleave::async {

Task<Result> ComputePool::process(const Item& item, Download download) {
  try {
    return do_process(item, std::move(download));
  } catch (const std::bad_alloc&) {
    return failed_item(session_.options());
  }
}

Task<Result> ComputePool::do_process(const Item& item, Download download) {
  auto work = [&] { compute_result(item, download); };
  co_await offload(pool_, work);
  Result& result = download.result;
  if (sends(item, result)) co_await send(item, result, session_);
  finish(result, session_.options());
  co_return std::move(result);
}

}  // namespace interleave::async
