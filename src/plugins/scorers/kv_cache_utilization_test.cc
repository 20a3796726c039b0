#include <gtest/gtest.h>

#include "plugins/try_plugin.h"

namespace fairway::plugins {
namespace {

TEST(KvCacheUtilizationScorer, TheFreeShare) {
  const auto scorer = MakeOne<sched::Scorer>("kv-cache-utilization-scorer");
  Field field(3);
  Field::Set(field.candidates.mutable_kv_usage(), {0, 1, 0.25f});
  EXPECT_EQ(field.Scores(*scorer), (std::vector<float>{1, 0, 0.75f}));
}

TEST(KvCacheUtilizationScorer, TakesNoParameters) {
  EXPECT_NE(MakeComplaint("kv-cache-utilization-scorer", "threshold: 1"), "");
}

}  // namespace
}  // namespace fairway::plugins
