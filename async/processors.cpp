#include "async/processors.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>
#include <utility>

#include "common/run_item.hpp"

namespace interleave::async {

Task<Result> Processors::process(const Item& item, Download download) {
  Result result;
  auto start = [&](auto resume) {
    asio::post(pool_, [&, resume = std::move(resume)]() mutable {
      result = interleave::process(item, std::move(download), options_);
      const auto loop = asio::get_associated_executor(resume);
      asio::post(loop, std::move(resume));
    });
  };
  co_await asio::async_initiate<const asio::deferred_t, void()>(start,
                                                                asio::deferred);
  co_return result;
}

}  // namespace interleave::async
