#include <gtest/gtest.h>

#include "plugins/try_plugin.h"

namespace fairway::plugins {
namespace {

TEST(LoadAwareScorer, HalfWithoutAQueueNothingAtTheThreshold) {
  const auto scorer = MakeOne<sched::Scorer>("load-aware-scorer");
  Field field(5);
  Field::Set(field.candidates.mutable_waiting(), {0, 32, 64, 128, 1000});
  EXPECT_EQ(field.Scores(*scorer), (std::vector<float>{0.5f, 0.375f, 0.25f, 0, 0}));
}

TEST(LoadAwareScorer, Threshold) {
  const auto scorer = MakeOne<sched::Scorer>("load-aware-scorer", "threshold: 4");
  Field field(2);
  Field::Set(field.candidates.mutable_waiting(), {1, 5});
  EXPECT_EQ(field.Scores(*scorer), (std::vector<float>{0.375f, 0}));
  EXPECT_NE(MakeComplaint("load-aware-scorer", "threshold: 0"), "");
}

}  // namespace
}  // namespace fairway::plugins
