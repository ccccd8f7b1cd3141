#include "async/run_item.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <utility>

#include "common/run_item.hpp"

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

Task<Result> run_item(const Item& item, Session& session) {
  Download here = co_await download(item, session);
  co_return process(item, std::move(here), session.options());
}

Task<Result> process_on(asio::thread_pool& pool, const Item& item,
                        Download download, const Options& options) {
  Result result;
  auto start = [&](auto resume) {
    asio::post(pool, [&, resume = std::move(resume)]() mutable {
      result = process(item, std::move(download), options);
      const auto loop = asio::get_associated_executor(resume);
      asio::post(loop, std::move(resume));
    });
  };
  co_await asio::async_initiate<const asio::deferred_t, void()>(
      start, asio::deferred);
  co_return result;
}

}  // namespace interleave::async
