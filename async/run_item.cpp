#include "async/run_item.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "async/loop.hpp"
#include "common/run_item.hpp"
#include "common/waiting.hpp"

namespace interleave::async {

Task<Download> download(const Item& item, Session& session) {
  Download here;
  if (const auto started = begin_download(here.result, session.options())) {
    try {
      co_await session.fetch(item, here);
    } catch (const std::exception& error) {
      here = Download(thrown(error.what()));
    }
    end_download(here.result, *started);
  }
  co_return here;
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
  if (aborted(session.options())) co_return fail(result, cancelled());
  Download reply;
  try {
    co_await session.send(item, result.output, reply);
  } catch (const std::exception& error) {
    reply = Download(thrown(error.what()));
  }
  fail(result, std::move(reply.result.error));
}

/// Repeats download() rather than awaiting it: with a million items in flight,
/// the frame of one more coroutine each is what the run takes.
Task<Result> run_item(const Item& item, Session& session) {
  Download here;
  if (const auto started = begin_download(here.result, session.options())) {
    try {
      co_await session.fetch(item, here);
    } catch (const std::exception& error) {
      here = Download(thrown(error.what()));
    }
    end_download(here.result, *started);
  }
  compute_result(item, here);
  if (sends(item, here.result)) co_await send(item, here.result, session);
  finish(here.result, session.options());
  co_return std::move(here.result);
}

}  // namespace interleave::async
