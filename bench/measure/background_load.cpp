#include "bench/measure/background_load.hpp"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>

namespace interleave {

namespace {

std::optional<std::uint64_t> busy_ticks_now() {
  std::ifstream file("/proc/stat");
  std::string line;
  std::getline(file, line);
  return busy_ticks(line);
}

}  // namespace

std::optional<std::uint64_t> busy_ticks(std::string_view stat) {
  std::istringstream line{std::string(stat.substr(0, stat.find('\n')))};
  std::string name;
  std::uint64_t user = 0, nice = 0, system = 0, idle = 0, waiting = 0;
  std::uint64_t interrupts = 0, soft = 0, stolen = 0;
  if (!(line >> name >> user >> nice >> system) || name != "cpu") return {};
  line >> idle >> waiting >> interrupts >> soft >> stolen;
  return user + nice + system + stolen;
}

BackgroundLoad::BackgroundLoad()
    : began_(Clock::now()), own_(cpu_time()), ticks_(busy_ticks_now()) {}

std::optional<double> BackgroundLoad::share(
    std::chrono::nanoseconds others_of_ours) const {
  using Seconds = std::chrono::duration<double>;
  const Seconds passed = Clock::now() - began_;
  const std::optional<std::uint64_t> ticks = busy_ticks_now();
  if (!ticks_ || !ticks || passed < Seconds(0.5)) return {};
  const CpuTime own = cpu_time() - own_;
  const Seconds busy(static_cast<double>(*ticks - *ticks_) /
                     static_cast<double>(sysconf(_SC_CLK_TCK)));
  const Seconds others = busy - own.user - own.system - others_of_ours;
  const Seconds all =
      passed * static_cast<double>(sysconf(_SC_NPROCESSORS_ONLN));
  return std::clamp(others / all, 0.0, 1.0);
}

}  // namespace interleave
