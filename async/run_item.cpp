#include "async/run_item.hpp"

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include "async/loop.hpp"
#include "common/run_item.hpp"
#include "common/waiting.hpp"

namespace interleave::async {

namespace {

constexpr const char* no_memory = "no memory for a coroutine";

Task<Download> do_download(const Item& item, Session& session) {
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

Task<> do_send(const Item& item, Result& result, Session& session) {
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
Task<Result> do_item(const Item& item, Session& session) {
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

// A coroutine takes memory before it begins, where its own try does not reach.
// The item then fails in one of these, which take next to none.

Task<Download> failed_download(const Options& options) {
  Download here;
  if (begin_download(here.result, options)) here = Download(thrown(no_memory));
  co_return here;
}

Task<> failed_send(Result& result) {
  fail(result, thrown(no_memory).error);
  co_return;
}

Task<Result> failed_run(const Options& options) {
  Result result;
  if (begin_download(result, options)) result = thrown(no_memory);
  finish(result, options);
  co_return result;
}

}  // namespace

Task<Result> failed_item(const Options& options) {
  Result result = thrown(no_memory);
  finish(result, options);
  co_return result;
}

Task<Download> download(const Item& item, Session& session) {
  try {
    return do_download(item, session);
  } catch (const std::bad_alloc&) {
    return failed_download(session.options());
  }
}

Task<> pause_before(const Item& item, const Options& options) {
  const Clock::time_point end = Clock::now() + item.delay;
  Timer delay(Loop::current());
  for (auto now = Clock::now(); now < end && !stopped(options);
       now = Clock::now()) {
    delay.expires_at(std::min<Clock::time_point>(end, now + abort_latency));
    co_await delay.async_wait(asio::deferred);
  }
}

Task<> send(const Item& item, Result& result, Session& session) {
  try {
    return do_send(item, result, session);
  } catch (const std::bad_alloc&) {
    return failed_send(result);
  }
}

Task<Result> run_item(const Item& item, Session& session) {
  try {
    return do_item(item, session);
  } catch (const std::bad_alloc&) {
    return failed_run(session.options());
  }
}

}  // namespace interleave::async
