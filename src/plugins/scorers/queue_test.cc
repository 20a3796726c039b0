#include <gtest/gtest.h>

#include "plugins/try_plugin.h"

namespace fairway::plugins {
namespace {

TEST(QueueScorer, ShortestIsBestLongestWorst) {
  const auto scorer = MakeOne<sched::Scorer>("queue-scorer");
  Field field(4);
  Field::Set(field.candidates.mutable_waiting(), {2, 10, 4, 6});
  EXPECT_EQ(field.Scores(*scorer), (std::vector<float>{1, 0, 0.75f, 0.5f}));
}

TEST(QueueScorer, EqualQueuesAreAllBest) {
  const auto scorer = MakeOne<sched::Scorer>("queue-scorer");
  Field field(3);
  Field::Set(field.candidates.mutable_waiting(), {7, 7, 7});
  EXPECT_EQ(field.Scores(*scorer), (std::vector<float>{1, 1, 1}));
  EXPECT_TRUE(Field(0).Scores(*scorer).empty());
}

TEST(QueueScorer, TakesNoParameters) {
  EXPECT_EQ(MakeComplaint("queue-scorer", "x: 1"), "x.yaml:1: x: unknown field");
}

}  // namespace
}  // namespace fairway::plugins
