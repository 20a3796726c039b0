#include <gtest/gtest.h>

#include "plugins/try_plugin.h"

namespace fairway::plugins {
namespace {

TEST(ActiveRequestScorer, IdleIsBestBusiestWorst) {
  const auto scorer = MakeOne<sched::Scorer>("active-request-scorer");
  Field field(3);
  Field::Set(field.candidates.mutable_in_flight_requests(), {0, 8, 2});
  Field::Set(field.candidates.mutable_running(), {9, 0, 0});  // not its column
  EXPECT_EQ(field.Scores(*scorer), (std::vector<float>{1, 0, 0.75f}));
}

TEST(ActiveRequestScorer, AllIdleAreEquallyGood) {
  const auto scorer = MakeOne<sched::Scorer>("active-request-scorer");
  Field field(2);
  EXPECT_EQ(field.Scores(*scorer), (std::vector<float>{1, 1}));
}

TEST(ActiveRequestScorer, UpToTheThresholdNobodyCountsAsBusy) {
  const auto scorer =
      MakeOne<sched::Scorer>("active-request-scorer", "{idleThreshold: 2, maxBusyScore: 0.5}");
  Field field(3);
  Field::Set(field.candidates.mutable_in_flight_requests(), {2, 3, 6});
  EXPECT_EQ(field.Scores(*scorer), (std::vector<float>{1, 0.25f, 0}));
}

TEST(ActiveRequestScorer, RefusesParametersOutOfRange) {
  EXPECT_NE(MakeComplaint("active-request-scorer", "{maxBusyScore: 2}"), "");
  EXPECT_NE(MakeComplaint("active-request-scorer", "{idle: 2}"), "");
}

}  // namespace
}  // namespace fairway::plugins
