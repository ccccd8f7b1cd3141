#include "async/files.hpp"

#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "async/model.hpp"
#include "tests/sanitizers.hpp"

namespace interleave::async {
namespace {

std::string echo(const Item&, std::string_view body) {
  return std::string(body);
}

/// Through the ring, where the kernel allows it, and on the pool.
class FilesTest : public testing::TestWithParam<bool> {
 protected:
  FilesTest() {
    char name[] = "/tmp/interleave_async_XXXXXX";
    folder_ = mkdtemp(name);
    options_.allow_files = true;
    options_.io_uring = GetParam();
  }
  ~FilesTest() override { std::filesystem::remove_all(folder_); }

  Item file(const std::string& name, const std::string& body) {
    std::ofstream(folder_ + "/" + name) << body;
    return at("file:" + folder_ + "/" + name);
  }
  static Item at(const std::string& url) {
    Item item;
    item.url = url;
    item.process_fn = echo;
    return item;
  }
  template <Task<Results> (*pattern)(Workload, const Options&) = gather>
  Results read(const std::vector<Item>& items) {
    return run<pattern>(Workload(items), options_);
  }

  std::string folder_;
  Options options_;
};

TEST_P(FilesTest, ManyAreReadWholeTogether) {
  std::vector<Item> items;
  for (std::size_t i = 0; i < 200; ++i)
    items.push_back(file(std::to_string(i), std::string(i * 1000, 'b')));
  items.push_back(file("large", std::string(9'000'000, 'l')));
  items.push_back(at("file:///proc/self/status"));
  const Results results = read(items);
  for (std::size_t i = 0; i < 200; ++i) {
    EXPECT_EQ(results[i].status, Status::completed) << results[i].error.text;
    EXPECT_TRUE(results[i].output == std::string(i * 1000, 'b')) << i;
  }
  EXPECT_TRUE(results[200].output == std::string(9'000'000, 'l'));
  EXPECT_NE(results[201].output.find("Threads:"), std::string::npos);
}

TEST_P(FilesTest, WhatCannotBeReadFailsAlone) {
  ASSERT_EQ(mkfifo((folder_ + "/fifo").c_str(), 0600), 0);
  options_.max_body = 5000;
  const Results results =
      read({at("file:" + folder_ + "/fifo"), at("file:" + folder_),
            at("file:" + folder_ + "/none"), at("file:relative"),
            file("over", std::string(5001, 'b')),
            file("fits", std::string(5000, 'b'))});
  for (std::size_t i = 0; i < 4; ++i)
    EXPECT_EQ(results[i].error.kind, ErrorKind::file) << results[i].error.text;
  EXPECT_EQ(results[4].error.kind, ErrorKind::too_large);
  EXPECT_EQ(results[5].status, Status::completed) << results[5].error.text;
}

TEST_P(FilesTest, AreDeniedUnlessAllowed) {
  options_.allow_files = false;
  EXPECT_EQ(read({file("body", "b")})[0].error.kind, ErrorKind::scheme_denied);
}

TEST_P(FilesTest, SaysWhoReads) {
  if (options_.io_uring) {
    EXPECT_FALSE(file_reading(options_).empty());
  } else {
    EXPECT_EQ(file_reading(options_), "a pool of 4 threads");
  }
}

/// From now on, for this process, the kernel refuses `call`.
bool refuse(int call) {
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<unsigned>(call), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog program{4, filter};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

TEST_P(FilesTest, AKernelThatRefusesTheRingMakesItThePool) {
  const Item body = file("body", "b");
  for (int call : {SYS_io_uring_setup, SYS_io_uring_enter}) {
    const pid_t child = fork();
    if (child == 0) {
      if (!refuse(call)) _exit(77);
      if (file_reading(options_) != "a pool of 4 threads") _exit(1);
      _exit(read({body})[0].output == "b" ? 0 : 2);
    }
    int status = 0;
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
      GTEST_SKIP() << "no seccomp here";
    EXPECT_EQ(status, 0) << "1: not the pool, 2: not the body";
  }
}

TEST_P(FilesTest, WithoutDescriptorsTheItemFailsAndNothingHangs) {
  if (under_asan)
    GTEST_SKIP() << "UBSan needs descriptors of its own to look at objects";
  const Item body = file("body", "b");
  const pid_t child = fork();
  if (child == 0) {
    // How many the loop needs is its business: any number must do.
    for (rlim_t left = 3; left < 40; ++left) {
      const rlimit few{left, 1000};
      setrlimit(RLIMIT_NOFILE, &few);
      try {
        const Result result = read({body})[0];
        if (result.output != "b" && result.error.text.empty()) _exit(1);
      } catch (const std::exception&) {  // no loop at all, without epoll
      }
    }
    _exit(read({body})[0].output == "b" ? 0 : 2);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
}

/// So that /proc/self/smaps is longer than a megabyte, though it says that it
/// is empty.
void map_many() {
  for (int i = 0; i < 3000; ++i)
    mmap(nullptr, 4096, i % 2 == 0 ? PROT_NONE : PROT_READ,
         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/// Leaves this process a megabyte, and no piece of half of one.
void take_memory() {
  constexpr rlim_t left = 1 << 20;
  std::ifstream pages("/proc/self/statm");
  rlim_t own = 0;
  for (int field = 0; field < 6; ++field) pages >> own;
  const rlimit little{own * 4096 + left, own * 4096 + left};
  setrlimit(RLIMIT_DATA, &little);
  while (void* const taken = std::malloc(left / 2))
    *static_cast<char*>(taken) = 1;
}

TEST_P(FilesTest, OneThatFindsNoMemoryLeavesItsPlaceInTheRing) {
  if (under_a_sanitizer) GTEST_SKIP() << "a sanitizer needs memory, too";
  if (file_reading(options_) != "io_uring") GTEST_SKIP() << "no ring";
  std::vector<Item> items(100, at("file:/proc/self/smaps"));
  items.push_back(file("body", "b"));
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);  // what waits for a place waits for ever
    map_many();
    take_memory();
    const Results results = read<one_by_one>(items);
    const bool fails = results[0].error.kind == ErrorKind::thrown;
    _exit(!fails ? 1 : results.back().output == "b" ? 0 : 2);
  }
  int status = 0;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0) << "1: there was memory, 2: not the body";
}

INSTANTIATE_TEST_SUITE_P(, FilesTest, testing::Bool(), [](const auto& way) {
  return std::string(way.param ? "Ring" : "Pool");
});

}  // namespace
}  // namespace interleave::async
