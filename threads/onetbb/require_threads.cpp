#include "threads/onetbb/require_threads.hpp"

#include <fmt/format.h>

#include <latch>
#include <system_error>
#include <thread>
#include <vector>

namespace interleave::onetbb {

void require_threads(std::size_t threads) {
  static std::size_t granted = 0;
  if (threads <= granted) return;

  std::latch all_there(1);
  std::vector<std::jthread> tried;
  tried.reserve(threads);
  std::error_code refused;
  try {
    while (tried.size() < threads)
      tried.emplace_back([&] { all_there.wait(); });
  } catch (const std::system_error& error) {
    refused = error.code();
  }
  all_there.count_down();
  if (refused)
    throw std::system_error(
        refused, fmt::format("oneTBB needs {} threads and gets {}: a smaller "
                             "limit or batch needs fewer",
                             threads, tried.size()));
  granted = threads;
}

}  // namespace interleave::onetbb
