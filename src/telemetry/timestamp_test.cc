#include "telemetry/timestamp.h"

#include <gtest/gtest.h>

namespace fairway::telemetry {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

base::WallTime At(int64_t ms) { return base::WallTime(milliseconds(ms)); }

TEST(Timestamp, FormatsKnownTimes) {
  Timestamp timestamp;
  EXPECT_EQ(timestamp.At(At(0)), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(timestamp.At(At(1'795'233'338'123)), "2026-11-21T03:55:38.123Z");
  EXPECT_EQ(timestamp.At(At(951'782'400'000)), "2000-02-29T00:00:00.000Z");
  EXPECT_EQ(timestamp.At(At(1'709'251'199'999)), "2024-02-29T23:59:59.999Z");
}

TEST(Timestamp, FollowsTheClockBothWays) {
  Timestamp timestamp;
  EXPECT_EQ(timestamp.At(At(1999)), "1970-01-01T00:00:01.999Z");
  EXPECT_EQ(timestamp.At(At(2000)), "1970-01-01T00:00:02.000Z");
  EXPECT_EQ(timestamp.At(At(1001)), "1970-01-01T00:00:01.001Z");
}

TEST(Timestamp, RoundsDown) {
  Timestamp timestamp;
  EXPECT_EQ(timestamp.At(base::WallTime(nanoseconds(999'999'999))), "1970-01-01T00:00:00.999Z");
  EXPECT_EQ(timestamp.At(base::WallTime(nanoseconds(-1))), "1969-12-31T23:59:59.999Z");
}

}  // namespace
}  // namespace fairway::telemetry
