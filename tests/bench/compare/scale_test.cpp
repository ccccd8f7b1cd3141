// The scale ladder: what it dares to try, and how it says what it found.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/compare/scale.hpp"
#include "bench/report/report.hpp"
#include "bench/text/text.hpp"

namespace interleave {
namespace {

using namespace std::chrono_literals;
using Json = nlohmann::json;
using Rungs = std::vector<std::size_t>;

TEST(Rungs, RiseByTenAndEndAtTheMost) {
  EXPECT_EQ(rungs_to(1'000'000, false),
            (Rungs{1, 10, 100, 1'000, 10'000, 100'000, 1'000'000}));
  EXPECT_EQ(rungs_to(16'000, true), (Rungs{1, 10, 100, 1'000, 4'000, 16'000}));
  EXPECT_EQ(rungs_to(30, false), (Rungs{1, 10, 30}));
  EXPECT_EQ(rungs_to(1, true), Rungs{1});
  EXPECT_EQ(rungs_to(0, false), Rungs{});
}

ScaleStep rung(std::size_t items, Clock::duration wall) {
  ScaleStep rung;
  rung.items = rung.in_flight = items;
  rung.wait = 100ms;
  rung.wall = wall;
  rung.cpu_per_item = 12'000;
  return rung;
}

ScaleSeries ladder(const std::string& cell, bool requests = false) {
  ScaleSeries ladder;
  ladder.cell = select_cells(cell).front();
  ladder.requests = requests;
  ladder.rungs = {rung(1, 101ms), rung(100, 110ms)};
  return ladder;
}

Resources plenty() {
  Resources all;
  for (Allowance* one :
       {&all.memory, &all.tasks, &all.maps, &all.descriptors, &all.ports})
    one->lower_to(std::uint64_t{1} << 40, "nobody");
  return all;
}

TEST(Objection, IsNoneWhereThereIsPlenty) {
  for (const Cell* cell : select_cells("*/gather"))
    EXPECT_EQ(objection(ladder(cell->name()), 1'000, plenty()), "")
        << cell->name();
}

TEST(Objection, NamesWhoAllowsTooFewTasks) {
  Resources few = plenty();
  few.tasks.lower_to(1'050, "kernel.pid_max");
  EXPECT_EQ(objection(ladder("threads/gather"), 1'000, few),
            "1000 threads are needed, kernel.pid_max allows 1050")
      << "some are left to others";
  EXPECT_EQ(objection(ladder("processes/gather"), 1'000, few),
            "1000 processes are needed, kernel.pid_max allows 1050");
  EXPECT_EQ(objection(ladder("threads/gather"), 900, few), "");
  EXPECT_EQ(objection(ladder("async/gather"), 10'000, few), "");
}

TEST(Objection, NamesWhoAllowsTooFewDescriptorsMapsOrPorts) {
  Resources few = plenty();
  few.descriptors.lower_to(1'000, "ulimit -Hn");
  EXPECT_NE(objection(ladder("async/gather", true), 1'000, few)
                .find("descriptors are needed, ulimit -Hn allows 1000"),
            std::string::npos);
  EXPECT_EQ(objection(ladder("async/gather"), 1'000, few), "");
  few = plenty();
  few.maps.lower_to(1'999, "vm.max_map_count");
  EXPECT_EQ(objection(ladder("threads/gather"), 1'000, few),
            "2000 memory maps are needed, vm.max_map_count allows 1999");
  few = plenty();
  few.ports.lower_to(999, "net.ipv4.ip_local_port_range");
  EXPECT_EQ(objection(ladder("async/gather", true), 1'000, few),
            "1000 ports are needed, net.ipv4.ip_local_port_range allows 999");
  few = plenty();
  few.ports.lower_to(2'000, "net.ipv4.ip_local_port_range");
  EXPECT_EQ(objection(ladder("async/gather", true), 16'000, few), "")
      << "each of eight addresses is asked for 2000";
  EXPECT_EQ(objection(ladder("async/gather", true), 17'000, few),
            "3000 ports are needed, net.ipv4.ip_local_port_range allows 2000");
}

TEST(Objection, LeavesHalfOfTheMemory) {
  Resources few = plenty();
  few.memory.lower_to(100 << 20, "the memory available");
  ScaleSeries weighed = ladder("async/gather");
  weighed.rungs.back().taken = 4096;
  weighed.rungs.back().resident = 2048;
  EXPECT_EQ(objection(weighed, 10'000, few), "");
  EXPECT_EQ(objection(weighed, 20'000, few),
            "78.1 MiB would be taken, more than half of the memory available "
            "(100 MiB)");
  EXPECT_NE(objection(ladder("processes/gather"), 100, few), "")
      << "a guess until one was weighed";
}

TEST(Objection, SparesTheTime) {
  ScaleSeries slow = ladder("processes/gather");
  slow.rungs.back() = rung(100, 100ms + 1s);
  slow.rungs.back().taken = slow.rungs.back().resident = 1024;
  EXPECT_EQ(objection(slow, 1'000, plenty()), "");
  EXPECT_EQ(objection(slow, 10'000, plenty()),
            "starting them would take 100 s, more than 30.0 s");
}

// ---- the machine ----

class FakeRoot : public testing::Test {
 protected:
  void SetUp() override {
    root_ = testing::TempDir() + "scale_test_XXXXXX";
    ASSERT_NE(mkdtemp(root_.data()), nullptr);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  void put(const std::string& file, std::string_view text) {
    const std::filesystem::path path = root_ + file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }

  std::string root_;
};

TEST_F(FakeRoot, ReadsWhatTheKernelAllows) {
  put("/proc/loadavg", "0.20 0.18 0.12 1/80 11206\n");
  put("/proc/sys/kernel/pid_max", "500\n");
  put("/proc/sys/kernel/threads-max", "400\n");
  put("/proc/sys/vm/max_map_count", "65530\n");
  put("/proc/sys/net/ipv4/ip_local_port_range", "32768\t60999\n");
  put("/proc/meminfo", "MemTotal: 9 kB\nMemAvailable:   2048 kB\n");
  const Resources all = resources(root_);
  EXPECT_EQ(all.tasks.left, 320u);
  EXPECT_EQ(all.tasks.who, "kernel.threads-max");
  EXPECT_EQ(all.maps.left, 65'530u);
  EXPECT_EQ(all.ports.left, 28'232u);
  EXPECT_EQ(all.memory.left, 2u << 20);
}

TEST_F(FakeRoot, HeedsTheContainer) {
  put("/proc/meminfo", "MemAvailable:   2048 kB\n");
  put("/proc/self/cgroup", "0::/box\n");
  put("/sys/fs/cgroup/box/memory.max", "1000000\n");
  put("/sys/fs/cgroup/box/memory.current", "400000\n");
  put("/sys/fs/cgroup/box/pids.max", "50\n");
  put("/sys/fs/cgroup/box/pids.current", "60\n");
  const Resources all = resources(root_);
  EXPECT_EQ(all.memory.left, 600'000u);
  EXPECT_EQ(all.memory.who, "the container's memory limit");
  EXPECT_EQ(all.tasks.left, 0u);
  EXPECT_EQ(all.tasks.who, "the container's pids limit");
}

TEST_F(FakeRoot, TakesNothingForNoLimit) {
  put("/proc/self/cgroup", "0::/box\n");
  put("/sys/fs/cgroup/box/pids.max", "max\n");
  EXPECT_EQ(resources(root_).maps.left, UINT64_MAX);
  EXPECT_NE(resources(root_).tasks.who, "the container's pids limit");
}

// ---- a small one, and its reports ----

TEST(Scale, ClimbsToItsTop) {
  ScaleSettings settings;
  settings.cells = select_cells("async/gather,threads/gather");
  settings.most_sleeping = 100;
  settings.most_requests = 10;
  std::vector<Progress> seen;
  const ScaleReport report =
      scale(settings, [&](const Progress& now) { seen.push_back(now); });
  ASSERT_EQ(report.ladders.size(), 4u);
  for (const ScaleSeries& one : report.ladders) {
    EXPECT_EQ(one.wall, "") << one.cell->name();
    EXPECT_EQ(one.ended_at, 0u);
    const Rungs wanted = one.requests ? Rungs{1, 10} : Rungs{1, 10, 100};
    ASSERT_EQ(one.rungs.size(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      EXPECT_EQ(one.rungs[i].items, wanted[i]);
      EXPECT_GE(one.rungs[i].wall, one.rungs[i].wait);
      EXPECT_GT(one.rungs[i].cpu_per_item, 0);
      EXPECT_EQ(one.rungs[i].resident.has_value(), wanted[i] >= 100);
    }
    EXPECT_GE(one.most_in_flight(), wanted.back() * 9 / 10);
  }

  const auto share = [](const Progress& now) {
    return static_cast<double>(now.items_done) /
           static_cast<double>(now.items_planned);
  };
  ASSERT_FALSE(seen.empty());
  EXPECT_EQ(seen.back().runs_done, 10u);
  EXPECT_EQ(share(seen.back()), 1);
  for (std::size_t i = 1; i < seen.size(); ++i) {
    EXPECT_EQ(seen[i].runs_planned, 10u);
    EXPECT_GE(seen[i].runs_done, seen[i - 1].runs_done);
    EXPECT_GE(share(seen[i]), share(seen[i - 1]));
    EXPECT_GE(seen[i].elapsed, seen[i - 1].elapsed);
  }
}

ScaleReport report_by_hand() {
  ScaleReport report;
  report.date = "2026-01-02T03:04:05Z";
  report.ladders = {ladder("async/gather"), ladder("threads/gather", true)};
  report.ladders[0].rungs[1].resident = 2048;
  report.ladders[1].ended_at = 1'000;
  report.ladders[1].wall = "no more than 700 were in flight at once";
  return report;
}

TEST(Scale, HasALineForEveryRung) {
  const std::string text =
      written(Document({.columns = 80}), report_by_hand(), {});
  EXPECT_NE(text.find("async/gather: items that sleep\n"), std::string::npos);
  EXPECT_NE(text.find("  100     100  0.110    91%     12.0  2.00 KiB         "
                      "-\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("  at 1000: no more than 700 were in flight at once\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("In flight: async/gather with sleeping items, up to 100 "
                      "at once.\n"),
            std::string::npos)
      << text;
}

TEST(Scale, NeverExceedsTheWidthItIsGiven) {
  for (std::size_t columns = 20; columns <= 100; ++columns) {
    const std::string text =
        written(Document({.columns = columns}), report_by_hand(), {});
    for (std::size_t from = 0; from < text.size();) {
      const std::size_t end = text.find('\n', from);
      EXPECT_LE(width_of(text.substr(from, end - from)), columns);
      from = end + 1;
    }
  }
}

TEST(Scale, IsJsonToo) {
  const Json json = Json::parse(json_of(report_by_hand(), {}));
  EXPECT_EQ(json["schema"], "interleave/scale/v1");
  EXPECT_EQ(json["ladders"][0]["ended_at"], nullptr);
  EXPECT_EQ(json["ladders"][1]["over"], "http");
  EXPECT_EQ(json["ladders"][1]["ended_at"], 1'000);
  EXPECT_EQ(json["ladders"][1]["wall"],
            "no more than 700 were in flight at once");
  EXPECT_EQ(json["ladders"][0]["rungs"][1],
            Json({{"items", 100},
                  {"wait_ns", 100'000'000},
                  {"wall_ns", 110'000'000},
                  {"peak_in_flight", 100},
                  {"cpu_per_item_ns", 12'000},
                  {"peak_rss_bytes", 0},
                  {"resident_per_item_bytes", 2'048},
                  {"machine_per_item_bytes", nullptr}}));
}

TEST(Scale, IsMarkdownToo) {
  EXPECT_NE(written(Document(), report_by_hand(), {})
                .find("| 100 | 100 | 0.110 | 91% | 12.0 | 2.00 KiB | - |\n"),
            std::string::npos);
}

}  // namespace
}  // namespace interleave
