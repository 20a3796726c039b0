#include <gtest/gtest.h>

#include "plugins/try_plugin.h"

namespace fairway::plugins {
namespace {

TEST(RunningRequestsSizeScorer, FewestIsBestMostWorst) {
  const auto scorer = MakeOne<sched::Scorer>("running-requests-size-scorer");
  Field field(3);
  Field::Set(field.candidates.mutable_running(), {0, 128, 32});
  Field::Set(field.candidates.mutable_waiting(), {9, 0, 0});  // not its column
  EXPECT_EQ(field.Scores(*scorer), (std::vector<float>{1, 0, 0.75f}));
}

TEST(RunningRequestsSizeScorer, EqualOnesAreAllBest) {
  const auto scorer = MakeOne<sched::Scorer>("running-requests-size-scorer");
  Field field(2);
  Field::Set(field.candidates.mutable_running(), {3, 3});
  EXPECT_EQ(field.Scores(*scorer), (std::vector<float>{1, 1}));
}

TEST(RunningRequestsSizeScorer, TakesNoParameters) {
  EXPECT_NE(MakeComplaint("running-requests-size-scorer", "[1]"), "");
}

}  // namespace
}  // namespace fairway::plugins
