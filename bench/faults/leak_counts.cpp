#include "bench/faults/leak_counts.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>
#include <thread>

#include "common/item.hpp"

namespace interleave::faults {

namespace {

namespace fs = std::filesystem;

std::size_t entries(const fs::path& folder) {
  std::error_code error;
  std::size_t count = 0;
  for (fs::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error))
    ++count;
  return count;
}

std::size_t children_of(const fs::path& tasks) {
  std::error_code error;
  std::size_t count = 0;
  for (fs::directory_iterator at(tasks, error), end; !error && at != end;
       at.increment(error)) {
    std::ifstream children(at->path() / "children");
    count += static_cast<std::size_t>(
        std::distance(std::istream_iterator<pid_t>(children), {}));
  }
  return count;
}

std::size_t beyond(std::size_t now, std::size_t before) {
  return now > before ? now - before : 0;
}

}  // namespace

LeakCounts belongings_of(pid_t process) {
  const fs::path folder = fmt::format("/proc/{}", process);
  return {entries(folder / "task"), children_of(folder / "task"),
          entries(folder / "fd")};
}

LeakCounts left_over(const LeakCounts& before,
                     std::chrono::milliseconds patience) {
  const auto deadline = Clock::now() + patience;
  while (true) {
    const LeakCounts now = belongings_of(getpid());
    const LeakCounts left{beyond(now.threads, before.threads),
                          beyond(now.children, before.children),
                          beyond(now.descriptors, before.descriptors)};
    if (left == LeakCounts{} || Clock::now() > deadline) return left;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

}  // namespace interleave::faults
