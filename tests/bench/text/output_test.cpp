// Files of reports: whole or not at all, and nobody else's.
#include "bench/text/output.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/text/interrupt.hpp"

namespace interleave {
namespace {

namespace fs = std::filesystem;

class InFolder : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "output_test_XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string content(const std::string& name) const {
    std::ifstream stream(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }
  void put(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }
  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_))
      names.push_back(entry.path().filename().string());
    return names;
  }
  /// The name a report has while it is written.
  std::string name_meanwhile() const {
    std::string found;
    write_file(folder_ / "report", [&](const Sink& sink) {
      sink("text");
      for (const std::string& name : names())
        if (name != "report") found = name;
    });
    return found;
  }

  fs::path folder_;
};

using WriteFile = InFolder;

TEST_F(WriteFile, HasANameMeanwhileThatNobodyCanForesee) {
  const std::string first = name_meanwhile(), second = name_meanwhile();
  EXPECT_NE(first, "");
  EXPECT_NE(first, second);
  EXPECT_EQ(first.find(std::to_string(getpid())), first.npos) << first;
  EXPECT_EQ(names(), std::vector<std::string>{"report"});
}

TEST_F(WriteFile, LeavesAloneWhatHasTheNameOfItsProcess) {
  put("victim", "keep");
  const std::string guess = fmt::format(".report.{}.tmp", getpid());
  fs::create_hard_link(folder_ / "victim", folder_ / guess);
  write_file(folder_ / "report", "new");
  EXPECT_EQ(content("report"), "new");
  EXPECT_EQ(content("victim"), "keep");
  EXPECT_TRUE(fs::exists(folder_ / guess));
}

TEST_F(WriteFile, GivesTheModeThatTheUserGivesNewFiles) {
  const mode_t before = umask(0027);
  write_file(folder_ / "new", "text");
  umask(before);
  struct stat status{};
  ASSERT_EQ(stat((folder_ / "new").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777, 0640u);
}

TEST_F(WriteFile, TakesTheLongestNameThereIs) {
  const std::string longest(255, 'a');
  write_file(folder_ / longest, "text");
  EXPECT_EQ(content(longest), "text");
  EXPECT_THROW(expect_writable(folder_ / (longest + 'a')), OutputError);
}

TEST_F(WriteFile, FollowsALinkToWhatIsNotThereYet) {
  fs::create_directory(folder_ / "there");
  fs::create_symlink("there/report", folder_ / "link");
  write_file(folder_ / "link", "text");
  EXPECT_TRUE(fs::is_symlink(folder_ / "link"));
  EXPECT_EQ(content("there/report"), "text");
}

TEST_F(WriteFile, LeavesNothingWhenTheReportCannotBeMade) {
  put("report", "old");
  const auto fail = [](const Sink& sink) {
    sink("half");
    throw std::runtime_error("no more");
  };
  EXPECT_THROW(write_file(folder_ / "report", fail), std::runtime_error);
  EXPECT_EQ(content("report"), "old");
  EXPECT_EQ(names(), std::vector<std::string>{"report"});
}

TEST_F(WriteFile, IsWholeBeforeASignalEndsTheProgram) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    put("report", "old");
    const pid_t child = fork();
    if (child == 0) {
      std::signal(number, SIG_DFL);
      write_file(folder_ / "report", [&](const Sink& sink) {
        sink("one");
        std::raise(number);
        sink(" and two");
      });
      _exit(0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == number);
    EXPECT_EQ(content("report"), "one and two");
    EXPECT_EQ(names(), std::vector<std::string>{"report"});
  }
}

using SameFile = InFolder;

TEST_F(SameFile, IsOneWhateverItsName) {
  put("a", "text");
  put("b", "text");
  fs::create_symlink("a", folder_ / "soft");
  fs::create_hard_link(folder_ / "a", folder_ / "hard");
  for (const char* name : {"a", "soft", "hard", "./a", "../"}) {
    const fs::path other = name == std::string("../")
                               ? folder_ / ".." / folder_.filename() / "a"
                               : folder_ / name;
    EXPECT_TRUE(same_file(folder_ / "a", other)) << other;
  }
  EXPECT_FALSE(same_file(folder_ / "a", folder_ / "b"));
}

TEST_F(SameFile, IsOneBeforeItIsThere) {
  fs::create_symlink("new", folder_ / "link");
  EXPECT_TRUE(same_file(folder_ / "new", folder_ / "./new"));
  EXPECT_TRUE(same_file(folder_ / "link", folder_ / "new"));
  EXPECT_FALSE(same_file(folder_ / "new", folder_ / "other"));
}

TEST_F(SameFile, IsNeverADevice) {
  EXPECT_FALSE(same_file("/dev/null", "/dev/null"));
}

using Leftovers = InFolder;

TEST_F(Leftovers, AreRemovedByTheSecondSignal) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    const pid_t child = fork();
    if (child == 0) {
      std::signal(number, SIG_DFL);
      catch_interrupts();
      fs::create_directory(folder_ / "temporary");
      const Leftover itself((folder_ / "temporary").string());
      {
        const Leftover gone((folder_ / "gone").string());
      }
      put("temporary/file", "text");
      const Leftover file((folder_ / "temporary/file").string());
      if (number != SIGHUP) std::raise(number);
      std::raise(number);
      _exit(0);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == number);
    EXPECT_EQ(names(), std::vector<std::string>()) << number;
  }
}

TEST_F(Leftovers, OfTheParentAreNotTheChilds) {
  put("file", "text");
  const Leftover file((folder_ / "file").string());
  const pid_t child = fork();
  if (child == 0) {
    Leftover::remove_all();
    _exit(0);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_EQ(content("file"), "text");
}

TEST(Spliced, IsPutBetweenItsMarks) {
  EXPECT_EQ(spliced("a\n<!-- it -->\nold\n<!-- /it -->\nb", "it", "new\n"),
            "a\n<!-- it -->\nnew\n<!-- /it -->\nb");
  EXPECT_EQ(spliced("no marks", "it", "new"), "new");
  EXPECT_EQ(spliced("<!-- it -->\nno end", "it", "new"), "new");
  EXPECT_EQ(spliced("<!-- other -->\n<!-- /other -->", "it", "new"), "new");
}

}  // namespace
}  // namespace interleave
