#include "bench/measure/context.hpp"

#include <curl/curl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>
#include <xxhash.h>

#include <CLI/Version.hpp>
#include <algorithm>
#include <boost/version.hpp>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "bench/measure/git_commit.hpp"
#include "bench/measure/version.hpp"
#ifdef INTERLEAVE_ONETBB
#include <oneapi/tbb/version.h>
#endif

namespace interleave {

namespace {

using Libraries = std::vector<std::pair<std::string, std::string>>;

std::string trim(std::string_view text) {
  constexpr std::string_view white = " \t\r\n";
  const std::size_t first = text.find_first_not_of(white);
  if (first == std::string_view::npos) return {};
  const std::size_t last = text.find_last_not_of(white);
  return std::string(text.substr(first, last - first + 1));
}

/// fmt and xxHash number themselves as one integer: 90100 is 9.1.0.
std::string dotted(unsigned version) {
  return fmt::format("{}.{}.{}", version / 10000, version / 100 % 100,
                     version % 100);
}

/// libcurl says what it was linked with: "libcurl/7.88.1 OpenSSL/3.0.11 ...".
std::string curl_version_text() {
  std::string text = curl_version();
  if (text.starts_with("libcurl/")) text.erase(0, 8);
  return text;
}

Libraries libraries() {
  return {
      {"Boost", fmt::format("{}.{}.{}", BOOST_VERSION / 100000,
                            BOOST_VERSION / 100 % 1000, BOOST_VERSION % 100)},
#ifdef INTERLEAVE_ONETBB
      {"oneTBB", TBB_runtime_version()},
#endif
      {"libcurl", curl_version_text()},
      {"fmt", dotted(FMT_VERSION)},
      {"nlohmann-json",
       fmt::format("{}.{}.{}", NLOHMANN_JSON_VERSION_MAJOR,
                   NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH)},
      {"CLI11", CLI11_VERSION},
      {"xxHash", dotted(XXH_versionNumber())},
  };
}

Limit hard_limit(__rlimit_resource resource) {
  rlimit limit{};
  if (getrlimit(resource, &limit) != 0 || limit.rlim_max == RLIM_INFINITY)
    return std::nullopt;
  return limit.rlim_max;
}

}  // namespace

unsigned usable_cores() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0) return 1;
  return static_cast<unsigned>(std::max(1, CPU_COUNT(&set)));
}

std::string utc_now() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

Context read_context() {
  Context context;
  utsname name{};
  const bool named = uname(&name) == 0;
  context.host = named ? name.nodename : "unknown";
  context.kernel =
      named ? fmt::format("{} {}", name.sysname, name.release) : "unknown";
  context.cpu_model = cpu_model_of(read_small_file("/proc/cpuinfo"));
  context.cores = usable_cores();
  context.cores_online =
      static_cast<unsigned>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
  context.descriptors = hard_limit(RLIMIT_NOFILE);
  context.processes = hard_limit(RLIMIT_NPROC);

  context.version = build::version;
  context.git_commit = INTERLEAVE_GIT_COMMIT;
  context.compiler = build::compiler;
  context.flags = build::flags;
  context.build_type = build::type;
  context.libraries = libraries();
  return context;
}

std::string version_text(const Context& context) {
  std::string text = fmt::format(
      "interleave {} (commit {})\n"
      "{:14}{}\n{:14}{} ({})\n",
      context.version, context.git_commit, "compiler", context.compiler,
      "flags", context.flags, context.build_type);
  for (const auto& [name, version] : context.libraries)
    text += fmt::format("{:14}{}\n", name, version);
  return text;
}

std::string cpu_model_of(std::string_view cpuinfo) {
  std::istringstream lines{std::string(cpuinfo)};
  for (std::string line; std::getline(lines, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) continue;
    const std::string key = trim(std::string_view(line).substr(0, colon));
    // x86 says "model name", some ARM kernels "Model" or "Hardware".
    if (key != "model name" && key != "Model" && key != "Hardware") continue;
    return trim(std::string_view(line).substr(colon + 1));
  }
  return "unknown";
}

std::string read_small_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  if (file) text << file.rdbuf();
  const std::string all = text.str();
  return all.substr(0, all.find_last_not_of(" \t\r\n") + 1);
}

}  // namespace interleave
