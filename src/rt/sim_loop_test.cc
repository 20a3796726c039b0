#include "rt/sim_loop.h"

#include <gtest/gtest.h>

#include <vector>

namespace fairway::rt {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;

TEST(SimLoop, TimeJumpsToTheNextTimer) {
  SimLoop loop;
  const TimePoint start = loop.Now();
  const WallTime wall = loop.WallNow();
  TimePoint fired;
  Timer timer([&] { fired = loop.Now(); });
  loop.Start(timer, hours(10));
  loop.RunFor(hours(24));
  EXPECT_EQ(fired, start + hours(10));
  EXPECT_EQ(loop.Now(), start + hours(24));
  EXPECT_EQ(loop.WallNow(), wall + hours(24));
}

TEST(SimLoop, RunForIncludesItsEnd) {
  SimLoop loop;
  bool fired = false;
  Timer timer([&] { fired = true; });
  loop.Start(timer, milliseconds(5));
  loop.RunFor(milliseconds(5));
  EXPECT_TRUE(fired);
}

TEST(SimLoop, RunUntilIdleTellsWhetherItIs) {
  SimLoop loop;
  int ticks = 0;
  Timer tick([&] {
    if (++ticks < 10) loop.Start(tick, milliseconds(1));
  });
  loop.Start(tick, milliseconds(1));
  EXPECT_FALSE(loop.RunUntilIdle(milliseconds(5)));
  EXPECT_EQ(ticks, 5);
  EXPECT_TRUE(loop.RunUntilIdle(hours(1)));
  EXPECT_EQ(ticks, 10);
}

TEST(SimLoop, RunUntilStopsAtTheConditionOrTheLimit) {
  SimLoop loop;
  const TimePoint start = loop.Now();
  bool fired = false;
  Timer timer([&] { fired = true; });
  loop.Start(timer, milliseconds(3));
  EXPECT_TRUE(loop.RunUntil([&] { return fired; }, milliseconds(10)));
  EXPECT_EQ(loop.Now(), start + milliseconds(3));
  EXPECT_FALSE(loop.RunUntil([] { return false; }, milliseconds(10)));
  EXPECT_EQ(loop.Now(), start + milliseconds(13));
}

TEST(SimLoop, ResolvesFromItsHosts) {
  SimLoop loop;
  loop.SetHost("pods.example", {"10.0.0.2", "10.0.0.1"});
  loop.SetHost("broken.example", {});
  std::vector<std::string> found;
  std::vector<base::Code> failures;
  const auto note = [&](base::Result<std::vector<std::string>> result) {
    if (result.ok()) {
      found = *result;
    } else {
      failures.push_back(result.status().code());
    }
  };
  loop.Resolve("pods.example", note);
  loop.Resolve("broken.example", note);
  loop.Resolve("absent.example", note);
  EXPECT_TRUE(found.empty());
  loop.RunFor(milliseconds(1));
  EXPECT_EQ(found, (std::vector<std::string>{"10.0.0.1", "10.0.0.2"}));
  EXPECT_EQ(failures, (std::vector{base::Code::kUnavailable, base::Code::kNotFound}));
}

}  // namespace
}  // namespace fairway::rt
