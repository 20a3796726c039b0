#include "loadgen/process_usage.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>

namespace fairway::loadgen {
namespace {

using namespace std::chrono_literals;

// A /proc of our own making.
class ProcessUsageTest : public testing::Test {
 protected:
  void SetUp() override { std::filesystem::create_directories(proc_); }
  void TearDown() override { std::filesystem::remove_all(proc_); }

  void Write(const std::string& file, const std::string& text) {
    const std::filesystem::path path = proc_ + "/" + file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }

  const std::string proc_ = testing::TempDir() + "proc_" + std::to_string(getpid());
};

TEST_F(ProcessUsageTest, AddsUpThreadsAndProcesses) {
  Write("10/task/10/schedstat", "1000 5 3\n");
  Write("10/task/11/schedstat", "200 5 3\n");
  Write("10/status", "Name:\tx\nVmHWM:\t    20 kB\nVmRSS:\t    10 kB\n");
  Write("30/task/30/schedstat", "50000 1 1\n");
  Write("30/status", "VmHWM:\t    2 kB\nVmRSS:\t    1 kB\n");
  const ProcessUsage usage = ReadUsage({"x", {10, 30, 99}}, proc_);
  EXPECT_EQ(CpuBetween({}, usage), 51'200ns);
  EXPECT_EQ(usage.resident_bytes, 11u * 1024);
  EXPECT_EQ(usage.peak_resident_bytes, 22u * 1024);
}

TEST_F(ProcessUsageTest, ThreadsThatComeAndGoNeverCountBackwards) {
  Write("10/task/10/schedstat", "1000 0 0\n");
  Write("10/task/11/schedstat", "9000 0 0\n");
  const ProcessUsage before = ReadUsage({"x", {10}}, proc_);
  std::filesystem::remove_all(proc_ + "/10/task/11");
  Write("10/task/10/schedstat", "1500 0 0\n");
  Write("10/task/12/schedstat", "70 0 0\n");
  EXPECT_EQ(CpuBetween(before, ReadUsage({"x", {10}}, proc_)), 570ns);
}

TEST_F(ProcessUsageTest, ReadsTheMachine) {
  Write("stat", "cpu  100 10 50 1000 7 3 2 1 0 0\ncpu0 1 1 1 1 1 1 1 1 0 0\n");
  EXPECT_EQ(MachineBusy(proc_), base::Duration(166 * (1'000'000'000 / sysconf(_SC_CLK_TCK))));
  EXPECT_EQ(MachineBusy(proc_ + "/nowhere"), 0ns);
}

TEST(ProcessUsage, SeesThisProcessWork) {
  const WatchedProcess self{"self", {getpid()}};
  const ProcessUsage before = ReadUsage(self);
  const base::Duration own = OwnCpu();
  volatile uint64_t x = 1;
  while (OwnCpu() - own < 30ms) {
    for (int i = 0; i < 10'000; ++i) x = x * 3 + 1;
  }
  const base::Duration used = CpuBetween(before, ReadUsage(self));
  EXPECT_GT(used, 20ms);
  EXPECT_LT(used, 2s);
  EXPECT_GT(before.resident_bytes, 1u << 20);
  EXPECT_GT(MachineBusy(), 0ns);
}

TEST(ParseWatched, ReadsNamesAndGroups) {
  const auto parsed = ParseWatched("nginx=10+11,me=7");
  ASSERT_TRUE(parsed.ok());
  ASSERT_EQ(parsed->size(), 2u);
  EXPECT_EQ((*parsed)[0].name, "nginx");
  EXPECT_EQ((*parsed)[0].pids, (std::vector<int>{10, 11}));
  EXPECT_EQ((*parsed)[1].pids, (std::vector<int>{7}));
  EXPECT_TRUE(ParseWatched("")->empty());
}

TEST(ParseWatched, RefusesTheRest) {
  for (const char* text : {"nginx", "nginx=", "=3", "a=x", "a=1x", "a=-3", "a=0", ",", "a=+"}) {
    EXPECT_EQ(ParseWatched(text).status().code(), base::Code::kInvalid) << text;
  }
}

}  // namespace
}  // namespace fairway::loadgen
