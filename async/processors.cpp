#include "async/processors.hpp"

#include <utility>

#include "async/offload.hpp"
#include "async/run_item.hpp"
#include "common/run_item.hpp"

namespace interleave::async {

Task<Result> Processors::process(const Item& item, Download download) {
  Result result;
  auto work = [&] { result = compute_result(item, std::move(download)); };
  co_await offload(pool_, work);
  if (sends(item, result)) co_await send(item, result, session_);
  finish(result, session_.options());
  co_return result;
}

}  // namespace interleave::async
