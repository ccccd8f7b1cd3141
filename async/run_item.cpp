#include "async/run_item.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "async/loop.hpp"
#include "common/run_item.hpp"
#include "common/waiting.hpp"

namespace interleave::async {

Task<Download> download(const Item& item, Session& session) {
  if (stopped(session.options())) co_return skipped();

  const Clock::time_point started = begin_download(session.options());
  Download download;
  try {
    download = co_await session.fetch(item);
  } catch (const std::exception& error) {
    download = Download(thrown(error.what()));
  }
  end_download(download.result, started);
  co_return download;
}

Task<> pause_before(const Item& item, const Options& options) {
  const Clock::time_point end = Clock::now() + item.delay;
  Timer delay(Loop::here());
  for (auto now = Clock::now(); now < end && !stopped(options);
       now = Clock::now()) {
    delay.expires_at(std::min<Clock::time_point>(end, now + abort_latency));
    co_await delay.async_wait(asio::deferred);
  }
}

Task<> send(const Item& item, Result& result, Session& session) {
  try {
    fail(result, co_await session.send(item, result.output));
  } catch (const std::exception& error) {
    fail(result, thrown(error.what()).error);
  }
}

Task<Result> run_item(const Item& item, Session& session) {
  Download here = co_await download(item, session);
  Result result = compute_result(item, std::move(here));
  if (sends(item, result)) co_await send(item, result, session);
  finish(result, session.options());
  co_return result;
}

}  // namespace interleave::async
