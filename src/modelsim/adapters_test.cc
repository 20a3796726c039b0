#include "modelsim/adapters.h"

#include <gtest/gtest.h>

namespace fairway::modelsim {
namespace {

// The newest series, as a reader of the page finds it.
std::string Newest(AdapterLog& log, double now) {
  std::string newest = "?";
  double seen = -1;
  for (const AdapterSeries& series : log.Series(now)) {
    if (series.seen > seen) {
      seen = series.seen;
      newest = series.running;
    }
  }
  return newest;
}

TEST(AdapterLog, TheNewestSeriesIsWhatIsInUse) {
  AdapterLog log;
  EXPECT_EQ(Newest(log, 1), "");
  log.Begin("b", 2);
  log.Begin("a", 3);
  log.Begin("a", 4);
  EXPECT_EQ(Newest(log, 5), "a,b");
  log.End("a", 6);
  EXPECT_EQ(Newest(log, 7), "a,b");
  log.End("a", 8);
  EXPECT_EQ(Newest(log, 9), "b");
  log.End("b", 10);
  EXPECT_EQ(Newest(log, 11), "");
  EXPECT_EQ(log.Series(12).size(), 3u) << "stale sets stay on the page";
}

TEST(AdapterLog, IsBounded) {
  AdapterLog log;
  for (int i = 0; i < 100; ++i) {
    log.Begin("adapter-" + std::to_string(i), i);
    log.End("adapter-" + std::to_string(i), i + 0.5);
  }
  EXPECT_EQ(log.Series(100).size(), AdapterLog::kMaxSeries);
  EXPECT_EQ(Newest(log, 101), "");
}

}  // namespace
}  // namespace fairway::modelsim
