#include "threads/onetbb/require_threads.hpp"

#include <fmt/format.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>

#include <latch>
#include <new>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <vector>

namespace interleave::onetbb {

namespace {

/// Throws std::system_error unless so many threads can be there at once.
void ask_the_system(std::size_t threads) {
  std::latch all_there(1);
  std::vector<std::jthread> tried;
  tried.reserve(threads);
  std::error_code refused;
  try {
    while (tried.size() < threads)
      tried.emplace_back([&] { all_there.wait(); });
  } catch (const std::system_error& error) {
    refused = error.code();
  } catch (const std::bad_alloc&) {  // those that are there wait for the latch
    refused = std::make_error_code(std::errc::not_enough_memory);
  }
  all_there.count_down();
  if (refused)
    throw std::system_error(
        refused, fmt::format("oneTBB needs {} threads and gets {}: a smaller "
                             "limit or batch needs fewer",
                             threads, tried.size()));
}

/// How many workers there may be is settled when the first arena begins, by
/// what is allowed at that moment: a larger one does not lift it later.
void make_room(std::size_t threads) {
  tbb::task_scheduler_handle library{tbb::attach{}};
  if (!tbb::finalize(library, std::nothrow))
    throw std::logic_error(
        "oneTBB has begun with fewer threads, and a group is still alive: make "
        "the larger group first");
  const tbb::global_control allow(tbb::global_control::max_allowed_parallelism,
                                  threads + 1);
  tbb::task_arena first(1);
  first.initialize();
}

}  // namespace

void require_threads(std::size_t threads) {
  static std::size_t granted = 0;
  if (threads <= granted) return;
  ask_the_system(threads);
  make_room(threads);
  granted = threads;
}

}  // namespace interleave::onetbb
