#include "modelsim/metrics/adapters.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace fairway::modelsim {
namespace {

// The newest series, as a reader of the page finds it.
AdapterSeries Newest(const AdapterLog& log) {
  return *std::ranges::max_element(log.series(), {}, &AdapterSeries::seen);
}

TEST(AdapterLog, TheNewestSeriesIsWhatIsInUse) {
  AdapterLog log;
  log.Note("", "", 1);
  log.Note("a,b", "c", 2);
  EXPECT_EQ(Newest(log).running, "a,b");
  EXPECT_EQ(Newest(log).waiting, "c");
  log.Note("a,b", "", 3);
  EXPECT_EQ(Newest(log).waiting, "");
  log.Note("a,b", "c", 4);
  EXPECT_EQ(Newest(log).waiting, "c");
  EXPECT_EQ(log.series().size(), 3u) << "stale sets stay, and no set is there twice";
}

TEST(AdapterLog, IsBounded) {
  AdapterLog log;
  for (int i = 0; i < 100; ++i) log.Note("adapter-" + std::to_string(i), "", i);
  EXPECT_EQ(log.series().size(), AdapterLog::kMaxSeries);
  EXPECT_EQ(Newest(log).running, "adapter-99");
}

}  // namespace
}  // namespace fairway::modelsim
